using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Vitrine;

/// <summary>Fetches one file: under a lock, from where an earlier attempt broke off, checked by its hash, and only then under its
/// name.</summary>
internal sealed class HubDownload(HubClient client, HubCache cache, HubSettings settings)
{
    private const int Chunk = 1 << 18;

    /// <summary>Makes a file part of a commit's folder.</summary>
    /// <param name="listing">The repository.</param>
    /// <param name="file">The file.</param>
    /// <param name="grew">Told how many bytes more are here; negative when some had to be given up.</param>
    /// <param name="cancellation">Ends the work; what is here stays for the next attempt.</param>
    /// <exception cref="RequestException">The network, the server or the hash.</exception>
    public async Task Fetch(HubListing listing, HubFile file, Action<long> grew, CancellationToken cancellation)
    {
        using FileStream held = await Hold(cache.Lock(file), cancellation).ConfigureAwait(false);
        if (cache.Has(listing.Commit, file))
        {
            grew(file.Size); // by another process meanwhile
            return;
        }
        if (new FileInfo(cache.Blob(file)) is not { Exists: true } blob || blob.Length != file.Size)
        {
            await Bytes(listing, file, grew, cancellation).ConfigureAwait(false);
        }
        else
        {
            grew(file.Size);
        }
        cache.Link(listing.Commit, file);
    }

    private async Task Bytes(HubListing listing, HubFile file, Action<long> grew, CancellationToken cancellation)
    {
        string aside = cache.Incomplete(file);
        Directory.CreateDirectory(Path.GetDirectoryName(aside) ?? aside);
        using (FileStream output = new(aside, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read))
        {
            bool isResumed = output.Length > 0;
            grew(output.Length);
            if (output.Length > file.Size)
            {
                Empty(output, grew);
            }
            for (int attempt = 1; ; attempt++)
            {
                await Rest(listing, file, output, grew, cancellation).ConfigureAwait(false);
                if (output.Length < file.Size)
                {
                    if (attempt >= settings.Attempts)
                    {
                        throw new RequestException(Fault.Model,
                            $"hub: the connection broke {attempt} times during {listing.Name}/{file.Path}; "
                            + $"{output.Length} of {file.Size} bytes are here. "
                            + "Run the command again to go on from there.");
                    }
                    await Task.Delay(settings.Pause, cancellation).ConfigureAwait(false);
                    continue;
                }
                string hash = await Hash(file, output, cancellation).ConfigureAwait(false);
                if (hash == file.Hash)
                {
                    break;
                }
                Empty(output, grew);
                if (!isResumed)
                {
                    throw new RequestException(Fault.Model,
                        $"hub: {listing.Name}/{file.Path} is damaged; got hash {hash}; expected {file.Hash}. "
                        + "Nothing of it is kept; a proxy or the mirror may have changed it.");
                }
                isResumed = false; // the earlier part may have been the damaged one
            }
            output.Flush(flushToDisk: true);
        }
        File.Move(aside, cache.Blob(file), overwrite: true);
    }

    private async Task Rest(HubListing listing, HubFile file, FileStream output, Action<long> grew, CancellationToken cancellation)
    {
        if (output.Length == file.Size)
        {
            return;
        }
        using HttpResponseMessage response = await client.Open(listing, file, output.Length, cancellation).ConfigureAwait(false);
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == output.Length;
        if (!goesOn && output.Length > 0)
        {
            Empty(output, grew); // the server has no ranges, or not this one
        }
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
            || (response.StatusCode == HttpStatusCode.PartialContent && !goesOn))
        {
            return;
        }
        output.Position = output.Length;
        byte[] buffer = new byte[Chunk];
        try
        {
            using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            while (true)
            {
                using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                silence.CancelAfter(settings.Silence);
                int read = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    return;
                }
                if (output.Length + read > file.Size)
                {
                    throw new RequestException(Fault.Model,
                        $"hub: {listing.Name}/{file.Path} is longer than its listing says; expected {file.Size} bytes.");
                }
                await output.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
                grew(read);
            }
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // A break; what came is kept, and the next attempt goes on from there.
        }
    }

    // SHA-256 of the bytes for large files; for small ones git's: SHA-1 of "blob {length}\0" and the bytes.
    private static async Task<string> Hash(HubFile file, FileStream content, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!file.IsLarge)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {file.Size}\0"));
        }
        content.Position = 0;
        byte[] buffer = new byte[Chunk];
        for (int read; (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Empty(FileStream output, Action<long> grew)
    {
        grew(-output.Length);
        output.SetLength(0);
    }

    // An exclusive lock, the same that huggingface_hub takes; waits for another process that fetches the same file.
    private static async Task<FileStream> Hold(string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? path);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(100, cancellation).ConfigureAwait(false);
            }
        }
    }
}
