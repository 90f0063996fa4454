using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// The cache as <c>huggingface_hub</c> lays it out: <c>models--org--name/blobs/{hash}</c> hold the bytes,
/// <c>snapshots/{commit}/{path}</c> link to them,
/// <c>refs/{revision}</c> say which commit a branch is at. Where links are not allowed (Windows), the snapshot holds the file itself.
/// </summary>
/// <param name="root">The cache's folder.</param>
/// <param name="name">The repository.</param>
internal sealed class HubCache(string root, HubName name)
{
    private readonly string _root = root;
    private readonly string _folder = Path.Combine(root, name.Folder);

    /// <summary>All that belongs to the repository.</summary>
    public string Folder => _folder;

    /// <summary>The files of a commit.</summary>
    public string Snapshot(string commit) => Path.Combine(_folder, "snapshots", commit);

    /// <summary>A file of a commit.</summary>
    public string Pointer(string commit, string path) => Path.Combine(Snapshot(commit), Path.Combine(path.Split('/')));

    /// <summary>The bytes of a file.</summary>
    public string Blob(HubFile file) => Path.Combine(_folder, "blobs", file.Hash);

    /// <summary>Its bytes while they come.</summary>
    public string Incomplete(HubFile file) => Blob(file) + ".incomplete";

    /// <summary>Held by the process that fetches the file.</summary>
    public string Lock(HubFile file) => Path.Combine(_root, ".locks", name.Folder, file.Hash + ".lock");

    /// <summary>Whether a commit has a file, whole.</summary>
    public bool Has(string commit, HubFile file) => new FileInfo(Blob(file)) is { Exists: true } blob
        ? blob.Length == file.Size && File.Exists(Pointer(commit, file.Path))
        : new FileInfo(Pointer(commit, file.Path)) is { Exists: true, LinkTarget: null } own && own.Length == file.Size;

    /// <summary>Puts a fetched file into a commit's folder.</summary>
    public void Link(string commit, HubFile file)
    {
        string pointer = Pointer(commit, file.Path), blob = Blob(file);
        string folder = Path.GetDirectoryName(pointer) ?? pointer;
        Directory.CreateDirectory(folder);
        if (new FileInfo(pointer) is { Exists: true } or { LinkTarget: not null })
        {
            File.Delete(pointer); // of an older attempt
        }
        try
        {
            File.CreateSymbolicLink(pointer, Path.GetRelativePath(folder, blob));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !File.Exists(pointer))
        {
            File.Move(blob, pointer); // no links here
        }
    }

    /// <summary>The commit that a revision is at, as far as the cache knows; null: it does not.</summary>
    public string? Commit(string revision) => Directory.Exists(Snapshot(revision)) && IsCommit(revision) ? revision
        : RefFile(revision) is var file && File.Exists(file) && File.ReadAllText(file).Trim() is var commit && IsCommit(commit) ? commit
            : null;

    /// <summary>Notes which commit a revision is at.</summary>
    public void Note(string revision, string commit)
    {
        if (revision == commit)
        {
            return;
        }
        string file = RefFile(revision);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? file);
        AtomicFile.Write(file, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(commit)));
    }

    /// <summary>What the cache holds of the repository.</summary>
    public IReadOnlyList<HubModel> Models()
    {
        string snapshots = Path.Combine(_folder, "snapshots"), refs = Path.Combine(_folder, "refs");
        if (!Directory.Exists(snapshots))
        {
            return [];
        }
        ILookup<string, string> revisions = (Directory.Exists(refs) ? Directory.EnumerateFiles(refs, "*", SearchOption.AllDirectories) : [])
            .Where(file => !file.EndsWith(".part", StringComparison.Ordinal))
            .ToLookup(file => File.ReadAllText(file).Trim(), file => Path.GetRelativePath(refs, file).Replace('\\', '/'));
        return [.. from folder in Directory.EnumerateDirectories(snapshots).Order(StringComparer.Ordinal)
                   let commit = Path.GetFileName(folder)
                   from revision in revisions[commit].DefaultIfEmpty(commit)
                   select new HubModel(name, revision, commit, folder, Size(folder), HubSelection.IsComplete(folder))];
    }

    /// <summary>Deletes the repository from the cache; whatever happens in between, no part of it is found afterwards.</summary>
    public void Remove()
    {
        string aside = Path.Combine(_root, $".removed-{name.Folder}-{Path.GetRandomFileName()}");
        Directory.Move(_folder, aside);
        Directory.Delete(aside, recursive: true);
        if (Path.Combine(_root, ".locks", name.Folder) is var locks && Directory.Exists(locks))
        {
            Directory.Delete(locks, recursive: true);
        }
    }

    /// <summary>Whether a text has the form of a commit.</summary>
    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    private string RefFile(string revision) => Path.Combine([_folder, "refs", .. revision.Split('/')]);

    private static long Size(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Sum(path => (new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo
            ?? new FileInfo(path)) is { Exists: true } file ? file.Length : 0);
}
