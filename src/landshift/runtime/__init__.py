"""What every process needs, whatever it computes: logs, files, seeds, blocks, workers.

Only the standard library is imported here and in what the Snakefile reads of it.
"""
