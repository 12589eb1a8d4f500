"""From any executed notebook to a tagged PDF and its web page; what cells show, and an in-process papermill engine."""
