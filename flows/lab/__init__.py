"""What people do on Prefect's pages: enter results, correct them, review proposals."""
