"""The module extension that Bazel itself asks for."""

def _buildozer_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel")

_buildozer = repository_rule(implementation = _buildozer_impl)

def _buildozer_binary_impl(_module_ctx):
    _buildozer(name = "buildozer_binary")

buildozer_binary = module_extension(implementation = _buildozer_binary_impl)
