# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The crates of others that the host programs use, compiled. Without them, each clone of the project would compile them again.
# cargo checks itself whether what it finds is what it would make, so an entry of the cache is never wrong. Needs inside.sh.

# dependencies_dir: the cache entry; its key is made of the compilers and of what chooses the crates and their options.
dependencies_dir() {
	say "$CACHE/dependencies/$(digest "$(root_dir)" "$(digest_files "$PROJECT/Cargo.lock" "$PROJECT/Cargo.toml")")"
}

# take_dependencies: gives them to a tree in which nothing has been compiled yet.
take_dependencies() {
	local dir
	dir=$(dependencies_dir)
	[ -e "$dir/complete" ] && [ ! -e "$BUILD/target" ] || return 0
	mkdir -p "$BUILD"
	rm -rf "$BUILD/target.taken"
	cp -a "$dir/target" "$BUILD/target.taken"
	mv -T "$BUILD/target.taken" "$BUILD/target"
}

# keep_dependencies: keeps those that this tree has compiled, unless the cache has them. Entries for other versions of the
# crates are removed.
keep_dependencies() {
	local dir
	dir=$(dependencies_dir)
	fill "$dir" copy_dependencies "$dir"
	find "$CACHE/dependencies" -mindepth 1 -maxdepth 1 ! -path "$dir" -exec rm -rf {} +
}

# copy_dependencies DIR: all that was compiled, without the project's own programs.
copy_dependencies() {
	local members profiles profile
	mkdir -p "$1"
	cp -a "$BUILD/target" "$1/target"
	find "$1/target" -depth -type d -name incremental -exec rm -r {} +
	mapfile -t members < <(inside cargo metadata --locked --offline --no-deps --format-version 1 |
		inside python3 -c 'import json, sys; print(*(f"--package={package["name"]}" for package in json.load(sys.stdin)["packages"]), sep="\n")')
	# A profile has a directory of its own, and so has a program for a machine that is named.
	mapfile -t profiles < <(cd "$1/target" && find . -maxdepth 3 -type d -name .fingerprint -printf '%h\n')
	for profile in "${profiles[@]#./}"; do
		# shellcheck disable=SC2046 # several arguments
		inside env CARGO_TARGET_DIR="$1/target" cargo clean --quiet --locked --offline "${members[@]}" $(profile_options "$profile")
	done
}

# profile_options DIRECTORY: the options of cargo for a directory like `debug` or `x86_64-unknown-linux-gnu/release`.
profile_options() {
	case $1 in */*) say "--target=${1%/*}" ;; esac
	case ${1##*/} in
	debug) say --profile=dev ;;
	*) say "--profile=${1##*/}" ;;
	esac
}
