"""Where inspection reports and official figures meet."""
