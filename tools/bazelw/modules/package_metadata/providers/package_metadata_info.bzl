"""The provider of package_metadata."""

PackageMetadataInfo = provider(
    doc = "What a package says about itself.",
    fields = {
        "files": "depset of the files that metadata consists of.",
        "metadata": "The JSON file with the package's URL.",
    },
)
