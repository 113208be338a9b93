"""Small pictures that say where a question, company or dossier stands."""
