"""What inspection reports speak of, and what goes together in them."""
