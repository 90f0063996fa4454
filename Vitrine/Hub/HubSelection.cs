using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Which files of a repository a model needs: settings, tokenizer, and one form of its weights, safetensors before torch's
/// pickles.</summary>
internal static class HubSelection
{
    private static readonly string[] s_small =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json", "adapter_config.json",
    ];

    private static readonly string[] s_weights =
    [
        "model.safetensors.index.json", "model.safetensors", "adapter_model.safetensors", "pytorch_model.bin.index.json",
        "pytorch_model.bin",
    ];

    /// <summary>Settings and tokenizer, and the index of the weights or their only file; shards follow from the index.</summary>
    /// <exception cref="RequestException">There are no weights that can be read.</exception>
    public static IReadOnlyList<HubFile> Of(HubListing listing)
    {
        HubFile weights = s_weights.Select(name => listing.Files.FirstOrDefault(file => file.Path == name))
            .FirstOrDefault(file => file is not null)
            ?? throw new RequestException(Fault.Model,
                $"hub: {listing.Name} has no weights that can be read; got {Found(listing)}; "
                + $"expected one of {string.Join(", ", s_weights)}.");
        return [.. listing.Files.Where(file => IsSmall(file.Path)), weights];
    }

    /// <summary>The shards that an index names.</summary>
    /// <param name="listing">The repository.</param>
    /// <param name="indexPath">The index, fetched.</param>
    /// <param name="indexName">Its name in the repository.</param>
    /// <exception cref="RequestException">The index is malformed, or names files the repository lacks.</exception>
    public static IReadOnlyList<HubFile> Shards(HubListing listing, string indexPath, string indexName) =>
        [.. ShardNames(indexPath).Select(name => listing.Files.FirstOrDefault(file => file.Path == name)
            ?? throw new RequestException(Fault.Model,
                $"hub: {listing.Name} is incomplete; {indexName} names '{name}', which the repository lacks."))];

    /// <summary>Whether a folder holds all that a model needs.</summary>
    public static bool IsComplete(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")) && !File.Exists(Path.Combine(folder, "adapter_config.json")))
        {
            return false;
        }
        string? weights = s_weights.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        try
        {
            return weights is not null && (!IsIndex(weights) || ShardNames(Path.Combine(folder, weights))
                .All(name => File.Exists(Path.Combine(folder, name))));
        }
        catch (WeightException)
        {
            return false; // an index that is damaged is fetched again
        }
    }

    /// <summary>Whether a file names shards.</summary>
    public static bool IsIndex(string name) => name.EndsWith(".index.json", StringComparison.Ordinal);

    private static bool IsSmall(string path) => !path.Contains('/', StringComparison.Ordinal)
        && (s_small.Contains(path) || path.EndsWith(".spm", StringComparison.Ordinal) || path.EndsWith(".model", StringComparison.Ordinal));

    private static string[] ShardNames(string indexPath) =>
        [.. ShardIndex.Read(indexPath).Values.Distinct().Order(StringComparer.Ordinal)];

    private static string Found(HubListing listing) => listing.Files.Count == 0
        ? "no files" : string.Join(", ", listing.Files.OrderByDescending(file => file.Size).Take(4).Select(file => file.Path));
}
