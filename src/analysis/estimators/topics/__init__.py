"""What reports speak of together, corrected for the coder's errors."""
