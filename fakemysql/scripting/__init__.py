"""What a test says instead of the engine: rules for statements, and clients' commands answered step by step.

Loaded with the first ``server.on()`` or ``server.expect()``; a server without them does not know this package.

| module | what it decides |
|---|---|
| ``patterns.py`` | which statements are meant |
| ``answers.py``, ``errors.py`` | what is answered, as values that are checked when they are made |
| ``rules.py`` | which rule answers a call, and how often |
| ``steps.py``, ``engine.py`` | a rule's answer behind the engine's seam, with a status that is true |
| ``expecting.py`` | a command that is held until the test has answered it; the one module here that waits |
| ``verdicts.py`` | what the assertions say |
| ``desk.py`` | all of it for one server, put in its place and taken away again |
| ``files.py`` | rules written as JSON, for the command line |
"""
