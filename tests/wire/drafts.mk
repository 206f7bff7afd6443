# Scripts written from the drafts of versions 4, 5 and 6.
EXTRA_DIST += tests/wire/draft-append.txt tests/wire/draft-ceiling-3.txt tests/wire/draft-ceiling-4.txt \
	tests/wire/draft-ceiling-5.txt tests/wire/draft-errno.txt tests/wire/draft-extensions.txt \
	tests/wire/draft-fsetstat.txt tests/wire/draft-handles.txt tests/wire/draft-init-7.txt tests/wire/draft-init-99.txt \
	tests/wire/draft-init-max.txt tests/wire/draft-init.txt tests/wire/draft-link-order-v6.txt \
	tests/wire/draft-home.txt \
	tests/wire/draft-links.txt tests/wire/draft-lock-v6.txt tests/wire/draft-open-block-v6.txt \
	tests/wire/draft-open-flags-v6.txt tests/wire/draft-open-malformed.txt tests/wire/draft-open-table.txt \
	tests/wire/draft-open-v4.txt tests/wire/draft-read.txt tests/wire/draft-readdir.txt \
	tests/wire/draft-readdir-end-v6.txt \
	tests/wire/draft-realpath-v6.txt tests/wire/draft-realpath.txt tests/wire/draft-remove.txt \
	tests/wire/draft-rename.txt tests/wire/draft-select-down.txt tests/wire/draft-select-late.txt \
	tests/wire/draft-select-unknown.txt tests/wire/draft-select.txt tests/wire/draft-setstat-bits.txt \
	tests/wire/draft-setstat-refused.txt tests/wire/draft-setstat.txt tests/wire/draft-stat.txt \
	tests/wire/draft-status.txt tests/wire/draft-text.txt tests/wire/draft-trailing.txt tests/wire/draft-unknown.txt \
	tests/wire/draft-text-seek.txt tests/wire/draft-write.txt
