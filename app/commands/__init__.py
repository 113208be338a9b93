"""The commands of an operator, by what they are about; `app.cli` joins them into one."""
