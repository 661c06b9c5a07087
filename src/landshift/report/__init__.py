"""What people read of a study: figures, pages, the viewer, priorities, catalogues, comparisons."""
