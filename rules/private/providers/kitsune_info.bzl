"""What a version of an updatable program offers to the rules that build on it."""

DOC = "One version of an updatable program: its parts, from which an update is linked, and its type summary."

FIELDS = {
    "compilation_context": "CompilationContext of the program's headers and its dependencies.",
    "library": "File: the version as a shared object.",
    "link_flags": "list of string: what the target adds to the link command.",
    "link_inputs": "list of File: what those flags refer to.",
    "linking_context": "LinkingContext of the dependencies, the Kitsune runtime among them.",
    "objects": "depset of File: the instrumented objects.",
    "summary": "File: the type summary (.ktt) of the whole program.",
}

KitsuneInfo = provider(doc = DOC, fields = FIELDS)
