"""Files and windows of rasters from addresses, mirrors and catalogues, kept in a cache."""
