# Templates for authors, installed as sources; they build there, with the Makefile beside them.
dist_skeleton_DATA = plugins/skeleton/Makefile plugins/skeleton/skeleton.c plugins/skeleton/skeleton-filter.c
skeletoncxxdir = $(skeletondir)/cxx
dist_skeletoncxx_DATA = plugins/skeleton/cxx/Makefile plugins/skeleton/cxx/notes.cc
