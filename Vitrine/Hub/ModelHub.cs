namespace Vitrine;

/// <summary>Models by name: fetched from a hub once, kept in the cache that <c>huggingface_hub</c> shares, found there ever
/// after.</summary>
/// <remarks>What either downloads, the other finds. Thread-safe; two processes may pull the same model at once.</remarks>
/// <param name="settings">Server, token and cache; null: what the environment states.</param>
public sealed class ModelHub(HubSettings? settings = null)
{
    private readonly HubSettings _settings = settings ?? HubSettings.FromEnvironment();

    /// <summary>The settings.</summary>
    public HubSettings Settings => _settings;

    /// <summary>The folder of a model that is in the cache, whole; null: it is not.</summary>
    /// <param name="name"><c>org/name</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <exception cref="RequestException">The name or revision has no such form.</exception>
    public string? Find(string name, string revision = "main")
    {
        var cache = new HubCache(_settings.Cache, HubName.Parse(name));
        return cache.Commit(HubName.Revision(revision)) is { } commit && cache.Snapshot(commit) is var folder
            && HubSelection.IsComplete(folder) ? folder : null;
    }

    /// <summary>Fetches a model: settings, tokenizer, and safetensors with their shards (torch's own files only where there are
    /// none).</summary>
    /// <param name="name"><c>org/name</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <param name="progress">Told how many bytes are here.</param>
    /// <param name="cancellation">Ends the work; a later call goes on where it ended.</param>
    /// <returns>The model's folder.</returns>
    /// <exception cref="RequestException">Offline and not cached; refused, missing, broken or damaged, each in words; or the disk is too
    /// small.</exception>
    public async Task<string> Pull(string name, string revision = "main", IProgress<HubProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        HubName repository = HubName.Parse(name);
        var cache = new HubCache(_settings.Cache, repository);
        if (_settings.IsOffline)
        {
            return Find(name, revision) ?? throw new RequestException(Fault.Model,
                $"hub: {name} at {revision} is not in the cache '{_settings.Cache}', and HF_HUB_OFFLINE forbids the network. "
                + "Unset it, or name a folder.");
        }
        using var client = new HubClient(_settings);
        HubListing listing = await client.List(repository, HubName.Revision(revision), cancellation).ConfigureAwait(false);
        try
        {
            List<HubFile> files = [.. HubSelection.Of(listing)];
            var download = new HubDownload(client, cache, _settings);
            if (files[^1] is var index && HubSelection.IsIndex(index.Path))
            {
                await Fetch(listing, [index], cache, download, null, cancellation).ConfigureAwait(false);
                files.AddRange(HubSelection.Shards(listing, cache.Pointer(listing.Commit, index.Path), index.Path));
            }
            await Fetch(listing, files, cache, download, progress, cancellation).ConfigureAwait(false);
            cache.Note(revision, listing.Commit);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Model,
                $"hub: cannot write to the cache '{_settings.Cache}'; {e.Message} HF_HUB_CACHE names another folder.", e);
        }
        return cache.Snapshot(listing.Commit);
    }

    /// <summary>The models in the cache, by name.</summary>
    public IReadOnlyList<HubModel> List() => !Directory.Exists(_settings.Cache) ? [] :
        [.. Directory.EnumerateDirectories(_settings.Cache, "models--*").Order(StringComparer.Ordinal)
            .Select(folder => HubName.OfFolder(Path.GetFileName(folder))).OfType<HubName>()
            .SelectMany(name => new HubCache(_settings.Cache, name).Models())];

    /// <summary>Deletes a model with all its revisions from the cache.</summary>
    /// <param name="name"><c>org/name</c>.</param>
    /// <exception cref="RequestException">It is not there, or cannot be deleted.</exception>
    public void Remove(string name)
    {
        var cache = new HubCache(_settings.Cache, HubName.Parse(name));
        if (!Directory.Exists(cache.Folder))
        {
            throw new RequestException(Fault.Model, $"hub: {name} is not in the cache '{_settings.Cache}'; it holds {Held()}.");
        }
        try
        {
            cache.Remove();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Model, $"hub: cannot delete '{cache.Folder}'; {e.Message}", e);
        }
    }

    /// <summary>The name of the repository that a folder of a cache belongs to; null for other folders.</summary>
    internal static string? NameOf(string folder) => new DirectoryInfo(folder) is { Parent: { Name: "snapshots", Parent: { } repository } }
        ? HubName.OfFolder(repository.Name)?.Value : null;

    private string Held() =>
        List() is { Count: > 0 } models ? string.Join(", ", models.Select(model => model.Name.Value).Distinct()) : "no model";

    private async Task Fetch(HubListing listing, IReadOnlyList<HubFile> files, HubCache cache, HubDownload download,
        IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        HubFile[] missing = [.. files.Where(file => !cache.Has(listing.Commit, file))];
        long total = files.Sum(file => file.Size), done = total - missing.Sum(file => file.Size);
        CheckDisk(listing, cache, missing);
        var options = new ParallelOptions { MaxDegreeOfParallelism = _settings.Parallel, CancellationToken = cancellation };
        await Parallel.ForEachAsync(missing, options, async (file, token) => await download.Fetch(
            listing, file, grew => progress?.Report(new(Interlocked.Add(ref done, grew), total, file.Path)), token).ConfigureAwait(false))
                .ConfigureAwait(false);
        progress?.Report(new(total, total, files[^1].Path));
    }

    private void CheckDisk(HubListing listing, HubCache cache, HubFile[] missing)
    {
        Directory.CreateDirectory(_settings.Cache);
        long needed = missing.Sum(file => file.Size - (new FileInfo(cache.Incomplete(file)) is { Exists: true } part
            ? Math.Min(part.Length, file.Size) : 0));
        long free = new DriveInfo(_settings.Cache).AvailableFreeSpace;
        if (needed > free)
        {
            throw new RequestException(Fault.Model,
                $"hub: the disk of '{_settings.Cache}' is too small for {listing.Name}; got {free:N0} bytes free; expected {needed:N0}. "
                    + $"HF_HUB_CACHE names another folder.");
        }
    }

    /// <summary>Its settings.</summary>
    public override string ToString() => _settings.ToString();
}
