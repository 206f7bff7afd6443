# What authors of plugins and of programs are given, used as they would: outside of the tree, with what make install
# installs.
KIT_TESTS = tests/kit/kit_list.py tests/kit/kit_header.py tests/kit/kit_skeleton.py \
	tests/kit/kit_page.py tests/kit/kit_load.py tests/kit/kit_library.py
TESTS += $(KIT_TESTS)
EXTRA_DIST += tests/kit/kit.py $(KIT_TESTS)
