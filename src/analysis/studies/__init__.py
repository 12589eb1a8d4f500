"""What is to be run, and what runs have recorded: study files, results, and whether they still hold."""
