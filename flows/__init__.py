"""What drives the loop: Prefect flows, MLflow tracking and the command line."""
