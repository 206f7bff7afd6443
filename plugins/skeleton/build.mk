# Templates for authors, installed as sources; they build there, with plugins/skeleton/Makefile.
dist_skeleton_DATA = plugins/skeleton/Makefile plugins/skeleton/skeleton.c plugins/skeleton/skeleton-filter.c
