"""The retrospective as PDF, where the extra is installed: `document.py` says what stands in it, `template.typ` how it looks,
`typesetting.py` makes the file in a process of its own."""
