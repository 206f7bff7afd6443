/* notes: a filesystem in C++17. One folder of notes that everybody may write, kept in memory, of a limited size.
 *
 * What C++ adds to writing a plugin: objects own what they use, so that every way out of an operation gives it back,
 * and no exception may leave a function that the server called. guarded<> below sees to the second. */
#include <hythe/plugin.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <new>
#include <string>

namespace {

/* ---- The store ---- */

/* Room that is taken as long as an object lives. */
class Share {
public:
    explicit Share(int64_t &left) : left_(left) {}
    ~Share() { left_ += taken_; }
    Share(const Share &) = delete;
    Share &operator=(const Share &) = delete;

    bool resize(int64_t size)
    {
        if (size - taken_ > left_)
            return false;
        left_ -= size - taken_;
        taken_ = size;
        return true;
    }

private:
    int64_t &left_;
    int64_t taken_ = 0;
};

/* Lives as long as it has a name or somebody has it open. */
struct Note {
    Note(int64_t &left, uint64_t number) : share(left), id(number), mtime(std::time(nullptr)) {}

    int64_t resize(uint64_t size)
    {
        if (size > INT64_MAX || !share.resize(static_cast<int64_t>(size)))
            return -ENOSPC;
        text.resize(size);
        mtime = std::time(nullptr);
        return 0;
    }

    Share share;
    const uint64_t id;
    int64_t mtime;
    std::string text;
};

struct Settings {
    int64_t size;
};

struct Board {
    explicit Board(const Settings &settings) : left(settings.size) {}

    int64_t left; /* before notes, which give back to it to the very end */
    uint64_t last_id = 0;
    std::map<std::string, std::shared_ptr<Note>, std::less<>> notes;
};

/* An open note, or a listing that has come as far as the name `last`. */
struct Handle {
    std::shared_ptr<Note> note;
    std::string last;
};

Board &board_of(const hythe_call &call)
{
    return *static_cast<Board *>(call.instance);
}

Handle &handle_of(const hythe_call &call)
{
    return *static_cast<Handle *>(*call.slot);
}

void keep(const hythe_call &call, std::shared_ptr<Note> note)
{
    *call.slot = new Handle{std::move(note), {}};
}

bool is_root(const char *path)
{
    return std::strcmp(path, ".") == 0;
}

bool is_name(const char *path)
{
    return !std::strchr(path, '/') && std::strlen(path) <= 255;
}

/* Why a path that isn't a note's name leads nowhere. */
int64_t missing(const Board &board, const char *path)
{
    const char *slash = std::strchr(path, '/');

    if (!slash && !is_name(path))
        return -ENAMETOOLONG;
    return slash && board.notes.count(std::string(path, slash)) ? -ENOTDIR : -ENOENT;
}

void fill(hythe_attrs &attrs, const Note *note)
{
    attrs.valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_MODE;
    attrs.type = note ? HYTHE_TYPE_REGULAR : HYTHE_TYPE_DIRECTORY;
    attrs.mode = note ? 0666 : 0777;
    if (!note)
        return;
    attrs.valid |= HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME;
    attrs.size = note->text.size();
    attrs.mtime.sec = note->mtime;
}

/* What open says of a note, and getattr when it is asked. */
void tell_identity(const hythe_call &call, const Note &note, hythe_identity &identity)
{
    identity.store = reinterpret_cast<uintptr_t>(call.instance);
    identity.file[0] = note.id;
}

/* ---- Operations ---- */

int64_t getattr(const hythe_call &call, hythe_getattr_arg &arg)
{
    const Board &board = board_of(call);
    const auto found = board.notes.find(arg.path);

    if (found == board.notes.end() && !is_root(arg.path))
        return missing(board, arg.path);
    fill(*arg.attrs, found == board.notes.end() ? nullptr : found->second.get());
    if (HYTHE_HAS(&arg, identity) && arg.identity && found != board.notes.end())
        tell_identity(call, *found->second, *arg.identity);
    return 0;
}

int64_t fgetattr(const hythe_call &call, hythe_fgetattr_arg &arg)
{
    fill(*arg.attrs, handle_of(call).note.get());
    return 0;
}

/* All of it or nothing: a note has a size and a time, no owner and no mode of its own. */
int64_t set(Note &note, const hythe_attrs &attrs)
{
    int64_t result = 0;

    if (attrs.valid & ~(HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME | HYTHE_ATTR_ATIME))
        return -ENOTSUP;
    if (attrs.valid & HYTHE_ATTR_SIZE)
        result = note.resize(attrs.size);
    if (result == 0 && (attrs.valid & HYTHE_ATTR_MTIME))
        note.mtime = attrs.mtime.sec;
    return result;
}

int64_t setattr(const hythe_call &call, hythe_setattr_arg &arg)
{
    const Board &board = board_of(call);
    const auto found = board.notes.find(arg.path);

    if (found == board.notes.end())
        return is_root(arg.path) ? -ENOTSUP : missing(board, arg.path);
    return set(*found->second, *arg.attrs);
}

int64_t fsetattr(const hythe_call &call, hythe_fsetattr_arg &arg)
{
    return handle_of(call).note ? set(*handle_of(call).note, *arg.attrs) : -ENOTSUP;
}

/* What comes back when it was set, and how notes can be opened; clients leave the rest out of their requests. */
void keeps(void *, hythe_keeps *out) noexcept
{
    out->flags = HYTHE_KEEPS_IDENTITY;
    out->attrs = HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME;
    out->access = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_APPEND |
                  HYTHE_OPEN_ATOMIC_APPEND | HYTHE_OPEN_NOFOLLOW;
}

/* Clients send them with every new file; nobody minds that a note has none. */
constexpr uint32_t may_be_left = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER |
                                 HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME;

int64_t create(const hythe_call &call, const char *path, const hythe_attrs &attrs, std::shared_ptr<Note> &note)
{
    Board &board = board_of(call);

    if (!is_name(path))
        return missing(board, path);
    if (attrs.valid & ~may_be_left)
        return -ENOTSUP;
    note = std::make_shared<Note>(board.left, ++board.last_id);
    board.notes.emplace(path, note);
    return 0;
}

int64_t open(const hythe_call &call, hythe_open_arg &arg)
{
    const Board &board = board_of(call);
    const auto found = board.notes.find(arg.path);
    std::shared_ptr<Note> note;
    int64_t result = 0;

    if (arg.access & HYTHE_OPEN_DELETE_ON_CLOSE)
        return call.host->fail(&call, -ENOTSUP, "notes are not deleted by closing them");
    if (is_root(arg.path))
        return arg.access & HYTHE_OPEN_EXCLUSIVE ? -EEXIST : -EISDIR;
    if (found != board.notes.end()) {
        if (arg.access & HYTHE_OPEN_EXCLUSIVE)
            return -EEXIST;
        note = found->second;
    } else {
        result = arg.access & HYTHE_OPEN_CREATE ? create(call, arg.path, *arg.attrs, note) : missing(board, arg.path);
    }
    if (result == 0 && (arg.access & HYTHE_OPEN_TRUNCATE))
        result = note->resize(0);
    if (result < 0)
        return result;
    tell_identity(call, *note, *arg.identity);
    keep(call, std::move(note));
    return 0;
}

int64_t read(const hythe_call &call, hythe_read_arg &arg)
{
    const std::string &text = handle_of(call).note->text;

    if (arg.offset >= text.size())
        return 0;
    return static_cast<int64_t>(text.copy(static_cast<char *>(arg.buf), arg.len, arg.offset));
}

int64_t write(const hythe_call &call, hythe_write_arg &arg)
{
    Note &note = *handle_of(call).note;
    const uint64_t at = call.file->access & HYTHE_OPEN_APPEND ? note.text.size() : arg.offset;
    uint64_t end;
    int64_t result;

    if (__builtin_add_overflow(at, arg.len, &end))
        return -EFBIG;
    result = note.resize(std::max<uint64_t>(end, note.text.size()));
    if (result < 0)
        return result;
    std::memcpy(note.text.data() + at, arg.buf, arg.len);
    return static_cast<int64_t>(arg.len);
}

int64_t opendir(const hythe_call &call, hythe_opendir_arg &arg)
{
    const Board &board = board_of(call);

    if (!is_root(arg.path))
        return board.notes.count(arg.path) ? -ENOTDIR : missing(board, arg.path);
    keep(call, nullptr);
    return 0;
}

/* From the first name behind the last that was taken, whatever was added or removed meanwhile. */
int64_t readdir(const hythe_call &call, hythe_readdir_arg &arg)
{
    const Board &board = board_of(call);
    Handle &handle = handle_of(call);
    int64_t taken = 0;

    for (auto at = board.notes.upper_bound(handle.last); at != board.notes.end(); ++at, ++taken) {
        hythe_attrs attrs{};

        attrs.struct_size = sizeof attrs;
        fill(attrs, at->second.get());
        const int refused = arg.emit(arg.ctx, at->first.c_str(), &attrs);
        if (refused)
            return refused == -ENOBUFS && taken ? taken : refused;
        handle.last = at->first;
    }
    return taken;
}

int64_t close(const hythe_call &call, hythe_close_arg &)
{
    delete &handle_of(call);
    *call.slot = nullptr;
    return 0;
}

int64_t unlink(const hythe_call &call, hythe_unlink_arg &arg)
{
    Board &board = board_of(call);

    if (is_root(arg.path))
        return -EISDIR;
    return board.notes.erase(arg.path) ? 0 : missing(board, arg.path);
}

int64_t rename(const hythe_call &call, hythe_rename_arg &arg)
{
    Board &board = board_of(call);
    const auto found = board.notes.find(arg.from);

    if (found == board.notes.end())
        return is_root(arg.from) ? -EBUSY : missing(board, arg.from);
    if (!is_name(arg.to))
        return missing(board, arg.to);
    if (is_root(arg.to) || (board.notes.count(arg.to) && !(arg.flags & HYTHE_RENAME_REPLACE)))
        return -EEXIST;
    if (std::strcmp(arg.from, arg.to) == 0)
        return 0;
    board.notes.insert_or_assign(arg.to, found->second);
    board.notes.erase(found);
    return 0;
}

/* ---- The boundary ---- */

/* What an exception becomes for the client. */
int failure() noexcept
{
    try {
        throw;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (...) {
        return -EIO;
    }
}

template <auto> struct Guard;
template <typename Arg, int64_t (*operation)(const hythe_call &, Arg &)> struct Guard<operation> {
    static int64_t call(const hythe_call *call, Arg *arg) noexcept
    {
        try {
            return operation(*call, *arg);
        } catch (...) {
            return failure();
        }
    }
};
template <auto operation> constexpr auto guarded = Guard<operation>::call;

int start(const hythe_host *, const void *settings, void **instance) noexcept
{
    try {
        *instance = new Board(*static_cast<const Settings *>(settings));
        return 0;
    } catch (...) {
        return failure();
    }
}

void stop(void *instance) noexcept
{
    delete static_cast<Board *>(instance);
}

int attach(void *, const hythe_attach *how, void **) noexcept
{
    return is_root(how->base) ? 0 : -ENOENT;
}

/* ---- What the server is told. C++17 names no members, so they are assigned ---- */

hythe_setting make_setting()
{
    hythe_setting row{};

    row.name = "size";
    row.type = HYTHE_SET_SIZE;
    row.offset = offsetof(Settings, size);
    row.min = 0;
    row.max = int64_t{1} << 40;
    row.fallback = "1M";
    row.help = "Bytes that all notes together may have.";
    return row;
}

hythe_ops make_ops()
{
    hythe_ops ops{};

    ops.size = sizeof ops;
    ops.getattr = guarded<getattr>;
    ops.fgetattr = guarded<fgetattr>;
    ops.setattr = guarded<setattr>;
    ops.fsetattr = guarded<fsetattr>;
    ops.open = guarded<open>;
    ops.read = guarded<read>;
    ops.write = guarded<write>;
    ops.opendir = guarded<opendir>;
    ops.readdir = guarded<readdir>;
    ops.close = guarded<close>;
    ops.unlink = guarded<unlink>;
    ops.rename = guarded<rename>;
    return ops;
}

const hythe_setting setting = make_setting();
const hythe_ops ops = make_ops();

hythe_plugin make_plugin()
{
    hythe_plugin plugin{};

    plugin.abi = HYTHE_ABI;
    plugin.size = sizeof plugin;
    plugin.minor = HYTHE_ABI_MINOR;
    plugin.kind = HYTHE_FILESYSTEM;
    plugin.threads = HYTHE_SERIAL; /* so that nothing here needs a lock */
    plugin.name = "notes";
    plugin.version = "1";
    plugin.summary = "notes in memory, an example in C++";
    plugin.settings = &setting;
    plugin.setting_count = 1;
    plugin.setting_size = sizeof setting;
    plugin.settings_size = sizeof(Settings);
    plugin.start = start;
    plugin.stop = stop;
    plugin.attach = attach;
    plugin.ops = &ops;
    plugin.keeps = keeps;
    return plugin;
}

const hythe_plugin plugin = make_plugin();

} // namespace

const hythe_plugin *hythe_plugin_entry()
{
    return &plugin;
}
