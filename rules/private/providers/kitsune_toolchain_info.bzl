"""The tools and libraries that the rules use."""

DOC = "The tools that build versions and updates, and those that run them."

FIELDS = {
    "doupd": "DefaultInfo: asks a running process to update itself; for the target platform.",
    "driver": "DefaultInfo: runs a version; for the target platform.",
    "ktcc": "FilesToRunProvider: the C compiler wrapper; for the execution platform.",
    "kttjoin": "FilesToRunProvider: joins type summaries; for the execution platform.",
    "runtime": "CcInfo: the headers and the library that every version contains.",
    "threads_runtime": "CcInfo: the same, with the library for programs with several threads.",
    "xfgen": "FilesToRunProvider: generates transformers; for the execution platform.",
}

KitsuneToolchainInfo = provider(doc = DOC, fields = FIELDS)
