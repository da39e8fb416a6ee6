"""Reports as people and programs take them: a JSON document, lines for the terminal, a sheet, a page on its own."""
