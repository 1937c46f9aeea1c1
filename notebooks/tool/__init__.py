"""What notebooks/run.py is made of."""
