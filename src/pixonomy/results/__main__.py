"""`python -m pixonomy.results > docs/results.schema.json`: the schema of all results."""

import sys

from pixonomy.results.json_schema import schema_text

sys.stdout.write(schema_text())
