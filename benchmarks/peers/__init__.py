"""Other tools, each a script that runs where they are installed and knows nothing of ours."""
