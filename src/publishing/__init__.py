"""From notebook to PDF and HTML: engine, runner, exporter and the record of a run."""
