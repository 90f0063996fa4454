using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A subspace of a stream that <see cref="DistributedSearch"/> found: where it is, and an orthonormal basis of it.</summary>
/// <param name="Hook">The stream's hook.</param>
/// <param name="Position">The position that was swapped in training; negative: from the end.</param>
/// <param name="Rotation">R, <c>[d_model, k]</c>.</param>
public sealed record AlignedSubspace(string Hook, int Position, Tensor Rotation)
{
    private const string Name = "subspace";

    /// <summary>k.</summary>
    public int Rank => Rotation.Shape[1];

    /// <summary>How it was trained, as a result.</summary>
    /// <param name="losses">The loss of every step, nats.</param>
    /// <returns>Table <c>loss</c> <c>[steps]</c>: means over up to 20 stretches of steps; numbers <c>loss_first</c> and
    /// <c>loss_last</c>.</returns>
    public InsideResult Training(IReadOnlyList<double> losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        int each = Math.Max(1, (losses.Count + 19) / 20);
        double[][] parts = [.. losses.Chunk(each)];
        return new()
        {
            Method = "aligned_subspace",
            Metric = "cross_entropy",
            Numbers = losses.Count == 0 ? new Dictionary<string, double>()
                : new() { ["loss_first"] = losses[0], ["loss_last"] = losses[^1] },
            Tables =
            [
                InsideTable.Of("loss", "cross-entropy of the clean answer after the swap, nats, mean of the steps",
                    [.. parts.Select(part => part.Average())], new InsideAxis("steps", [.. parts.Select((part, i) =>
                        string.Create(CultureInfo.InvariantCulture, $"{(i * each) + 1}–{(i * each) + part.Length}"))])),
            ],
            Parameters = new Dictionary<string, string>
            {
                ["hook"] = Hook,
                ["position"] = Position.ToString(CultureInfo.InvariantCulture),
                ["rank"] = Rank.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <summary>Writes it as safetensors.</summary>
    public void Save(string path) => SafetensorsWriter.Save(path, [new WeightData(Name, Rotation)], new Dictionary<string, string>
    {
        ["hook"] = Hook,
        ["position"] = Position.ToString(CultureInfo.InvariantCulture),
        ["format"] = "pt",
    });

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="VitrineException">The file holds no subspace.</exception>
    public static AlignedSubspace Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Contains(Name) || !file.Metadata.TryGetValue("hook", out string? hook) || !file.Metadata.TryGetValue("position", out
            string? written) || !int.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int position)
            || file.Entry(Name).Shape is not [var rows, var columns])
        {
            throw new VitrineException($"{path}: no subspace; got the tensors {string.Join(", ", file.Names)}; expected '{Name}' "
                + "[d_model, k] with the metadata 'hook' and 'position'.");
        }
        return new(hook, position, Tensor.From(file.ReadFloats(Name), [(int)rows, (int)columns]));
    }
}
