using Vitrine.Transformers;

namespace Vitrine;

/// <summary>A file of a repository.</summary>
/// <param name="Path">Its path in the repository, with slashes.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Hash">Its name in the cache and its check: SHA-256 of large files (64 hexadecimal digits), git's hash of small ones
/// (40).</param>
public sealed record HubFile(string Path, long Size, string Hash)
{
    /// <summary>Whether <see cref="Hash"/> is SHA-256.</summary>
    internal bool IsLarge => Hash.Length == 64;

    /// <summary>For example <c>config.json, 1,024 bytes</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Path}, {Size:N0} bytes");
}

/// <summary>A repository at one commit.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Commit">40 hexadecimal digits.</param>
/// <param name="Files">All files.</param>
public sealed record HubListing(HubName Name, string Commit, IReadOnlyList<HubFile> Files)
{
    /// <summary>
    /// What a hub says of a repository: <c>{"sha": …, "siblings": [{"rfilename": …, "size": …, "blobId": …, "lfs": {…}}]}</c>.
    /// </summary>
    /// <exception cref="RequestException">It is not that.</exception>
    internal static HubListing Parse(HubName name, ReadOnlyMemory<byte> json)
    {
        JsonField root = JsonField.Parse($"hub: the list of {name}'s files", json, message => new RequestException(Fault.Model, message));
        return HubCache.IsCommit(root["sha"].Text())
            ? new(name, root["sha"].Text(), [.. root["siblings"].Items().Select(File)])
            : throw root["sha"].Bad("is no commit", "40 hexadecimal digits");
    }

    private static HubFile File(JsonField entry)
    {
        JsonField? large = entry.Optional("lfs"), ofSize = large?.Optional("size");
        JsonField path = entry["rfilename"], hash = large is { } lfs ? lfs["sha256"] : entry["blobId"];
        int digits = large is null ? 40 : 64;
        return !IsInside(path.Text()) ? throw path.Bad("leads out of its folder", "a path inside the repository")
            : hash.Text().Length != digits || !hash.Text().All(char.IsAsciiHexDigitLower)
            ? throw hash.Bad("is no hash", FormattableString.Invariant($"{digits} hexadecimal digits"))
            : new(path.Text(), (ofSize ?? entry["size"]).Bytes(), hash.Text());
    }

    // A path comes from a server: it must not leave the folder.
    private static bool IsInside(string path) => path.Length > 0
        && path.Split('/').All(part => part is not ("" or "." or "..") && part.IndexOfAny(['\\', ':', '\0']) < 0);

    /// <summary>For example <c>org/name at 0123abc: 7 files</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name} at {Commit}: {Files.Count} files");
}

/// <summary>How far a pull is.</summary>
/// <param name="Done">Bytes that are here.</param>
/// <param name="Total">Bytes of all files that are needed.</param>
/// <param name="File">The file that grew last.</param>
public readonly record struct HubProgress(long Done, long Total, string File)
{
    /// <summary>For example <c>model.safetensors 10/100</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{File} {Done}/{Total}");
}

/// <summary>A model of the cache.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Revision">Branch or tag; the commit where neither names it.</param>
/// <param name="Commit">40 hexadecimal digits.</param>
/// <param name="Folder">Its files, as <c>ModelLoader</c> reads them.</param>
/// <param name="Size">In bytes, links followed.</param>
/// <param name="IsComplete">Whether everything a model needs is there.</param>
public sealed record HubModel(HubName Name, string Revision, string Commit, string Folder, long Size, bool IsComplete)
{
    /// <summary>For example <c>org/name main, 1,024 bytes</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Name} {Revision}, {Size:N0} bytes{(IsComplete ? "" : ", not complete")}");
}
