"""The ``cathode`` command. Modules here import what is heavy inside their functions."""
