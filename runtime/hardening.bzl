"""How the driver and the runtime are compiled and linked, whatever the build asks for.

They are in every updatable process, and some of these serve strangers.
"""

HARDENING_COPTS = [
    "-U_FORTIFY_SOURCE",  # of the toolchain
    "-D_FORTIFY_SOURCE=2",
    "-fstack-clash-protection",
    "-fstack-protector-strong",
]

HARDENING_LINKOPTS = [
    "-Wl,-z,noexecstack",
    "-Wl,-z,now",
    "-Wl,-z,relro",
]

# Where the machine can check the targets of jumps and returns. Only if all of an image has it does the linker say so.
CONTROL_FLOW_COPTS = select({
    "@platforms//cpu:x86_64": ["-fcf-protection=full"],
    "//conditions:default": [],
})
