using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// All weights of a checkpoint, in one file (<c>model.safetensors</c>, <c>pytorch_model.bin</c>) or in several
/// (<c>model.safetensors.index.json</c> or <c>pytorch_model.bin.index.json</c> and the files it names), under one lookup.
/// </summary>
public sealed class WeightsFolder : IDisposable
{
    private const string SingleFile = "model.safetensors", TorchFileName = "pytorch_model.bin", Index = ".index.json";
    private readonly Dictionary<string, WeightFile> _fileOf = new(StringComparer.Ordinal);
    private readonly List<WeightFile> _files = [];

    private WeightsFolder(string path) => FolderPath = path;

    /// <summary>The folder, or the single file, this was opened by.</summary>
    public string FolderPath { get; }

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<WeightFile> Files => _files;

    /// <summary>Which weights a model built from it shall hold in fewer bits.</summary>
    internal Quantization Quantization { get; init; }

    /// <summary>From which threshold on columns of linear layers stay in float32 then.</summary>
    internal float Outliers { get; init; } = float.PositiveInfinity;

    /// <summary>Whether a model built from it needs no values: only names, shapes and places are asked for.</summary>
    internal bool NamesOnly { get; init; }

    /// <summary>Names of all tensors, file by file.</summary>
    public IReadOnlyCollection<string> Names => _fileOf.Keys;

    /// <summary>What a user should know about how the files were found.</summary>
    internal List<string> Notices { get; } = [];

    /// <summary>Whether this stands for a checkpoint that is yet to be made: see <see cref="ModelLoader.Create"/>.</summary>
    internal bool IsUnwritten { get; private init; }

    /// <summary>A folder without weights.</summary>
    internal static WeightsFolder Unwritten(string path) => new(path) { IsUnwritten = true };

    /// <summary>Opens and checks every file of a checkpoint. Of several, the first counts: <c>model.safetensors</c>, its index,
    /// <c>pytorch_model.bin</c>, its index, a lone <c>.safetensors</c> file of another name.</summary>
    /// <param name="path">A folder, or the path of one <c>.safetensors</c> or <c>.bin</c> file.</param>
    /// <exception cref="WeightException">
    /// There are no weights, a file breaks a rule of its format, or index and files disagree about what is where.
    /// </exception>
    public static WeightsFolder Open(string path) => Open(path, Quantization.None);

    internal static WeightsFolder Open(string path, Quantization quantization, float outliers = float.PositiveInfinity,
        bool namesOnly = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        WeightsFolder folder = new(path) { Quantization = quantization, Outliers = outliers, NamesOnly = namesOnly };
        try
        {
            string? found = new[] { SingleFile, SingleFile + Index, TorchFileName, TorchFileName + Index }
                .Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists);
            if (File.Exists(path))
            {
                folder.Add(path);
            }
            else if (found is null)
            {
                string lone = Lone(path) ?? throw Nothing(path);
                folder.Notices.Add($"The weights are read from {Path.GetFileName(lone)}; the usual name is {SingleFile}.");
                folder.Add(lone);
            }
            else if (found.EndsWith(Index, StringComparison.Ordinal))
            {
                folder.AddShards(found, ShardIndex.Read(found));
            }
            else
            {
                folder.Add(found);
            }
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    /// <param name="name">Name as the file spells it; case matters.</param>
    public bool Contains(string name) => _fileOf.ContainsKey(name);

    /// <summary>The file that holds a tensor: the way to its bytes.</summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor; the nearest names are listed.</exception>
    public WeightFile FileOf(string name) => _fileOf.TryGetValue(name, out WeightFile? file)
        ? file
        : throw WeightException.Unknown(name, Names, FolderPath);

    /// <summary>Type, shape and place of a tensor.</summary>
    /// <inheritdoc cref="FileOf"/>
    public WeightEntry Entry(string name) => FileOf(name).Entry(name);

    /// <inheritdoc cref="WeightFile.Read"/>
    public Tensor Read(string name) => FileOf(name).Read(name);

    /// <summary>The tensors of another file that this has not, by the names that it would have for them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">Which of its tensors count.</param>
    /// <param name="prefix">How many characters its names have before those of this.</param>
    /// <returns>Their names in that file.</returns>
    internal IReadOnlyList<string> Missing(string path, Predicate<string> wanted, int prefix)
    {
        using WeightFile file = WeightFile.Open(path);
        return [.. file.Names.Where(name => wanted(name) && !Contains(name[prefix..]))];
    }

    /// <summary>Adds tensors of another file.</summary>
    internal void Lend(string path, IReadOnlyList<string> names)
    {
        WeightFile file = WeightFile.Open(path);
        _files.Add(file);
        foreach (string name in names)
        {
            _fileOf.Add(name, file);
        }
    }

    /// <summary>Scans all weights for NaN and infinities, once, at about the speed the memory or disk delivers them.</summary>
    /// <exception cref="WeightException">Names the first such tensor and element, row-major.</exception>
    public unsafe void CheckFinite()
    {
        foreach ((string name, WeightFile file) in _fileOf)
        {
            WeightEntry entry = file.Entry(name);
            long index = FiniteScan.FirstNonFinite(entry.Type, file.Address(name), entry.Count);
            GC.KeepAlive(file);
            if (index >= 0)
            {
                throw new WeightException(
                    $"safetensors: a weight is NaN or infinite; got one at element {index} of {entry}; expected finite weights. "
                    + $"Fetch or train the checkpoint again. File: {file.FilePath} (tensor {WeightException.Quote(name)})",
                    file.FilePath, name);
            }
        }
    }

    /// <summary>Whether two tensors are of one type and shape and agree bit for bit.</summary>
    internal unsafe bool SameBytes(string a, string b)
    {
        (WeightEntry left, WeightEntry right) = (Entry(a), Entry(b));
        if (left.Type != right.Type || !left.Shape.AsSpan().SequenceEqual(right.Shape))
        {
            return false;
        }
        byte* x = FileOf(a).Address(a);
        byte* y = FileOf(b).Address(b);
        for (long start = 0; start < left.Length; start += int.MaxValue)
        {
            int count = (int)Math.Min(int.MaxValue, left.Length - start);
            if (!new ReadOnlySpan<byte>(x + start, count).SequenceEqual(new ReadOnlySpan<byte>(y + start, count)))
            {
                return false;
            }
        }
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Closes all files, as <see cref="WeightFile.Dispose"/> does: tensors read from them stay valid.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void Add(string path)
    {
        WeightFile file = WeightFile.Open(path);
        _files.Add(file);
        foreach (string name in file.Names)
        {
            if (!_fileOf.TryAdd(name, file))
            {
                throw Disagree(path, name, "the tensor is in two files", $"a first one in {_fileOf[name].FilePath}", "each tensor once");
            }
        }
    }

    private void AddShards(string index, Dictionary<string, string> map)
    {
        foreach (string file in map.Values.Distinct().Order(StringComparer.Ordinal))
        {
            Add(Path.Combine(FolderPath, file));
        }
        foreach ((string name, string file) in map)
        {
            if (!_fileOf.TryGetValue(name, out WeightFile? actual) || Path.GetFileName(actual.FilePath) != file)
            {
                throw Disagree(index, name, "the tensor is not where the index says",
                    actual is null ? "it in no file" : $"it in {actual.FilePath}", file);
            }
        }
        string[] unlisted = [.. _fileOf.Keys.Where(name => !map.ContainsKey(name)).Order(StringComparer.Ordinal)];
        if (unlisted.Length > 0)
        {
            string more = unlisted.Length > 3 ? $" and {unlisted.Length - 3} more" : "";
            Notices.Add(
                $"{Path.GetFileName(index)} does not list {string.Join(", ", unlisted.Take(3).Select(WeightException.Quote))}{more}, "
                + "which its files hold: read all the same.");
        }
    }

    /// <summary>
    /// The only weights of a folder whose file has another name, those of adapters apart; null where there are several or none.
    /// </summary>
    private static string? Lone(string path)
    {
        string[] files = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*.safetensors")
                .Where(file => !Path.GetFileName(file).StartsWith("adapter", StringComparison.Ordinal)).Take(2)]
            : [];
        return files.Length == 1 ? files[0] : null;
    }

    private static WeightException Nothing(string path)
    {
        bool exists = Directory.Exists(path);
        string[] files = exists ? [.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal)] : [];
        string? other = files.FirstOrDefault(file => Path.GetExtension(file) is ".safetensors" or ".bin" or ".pt" or ".pth" or ".h5"
            or ".msgpack" or ".gguf" or ".onnx");
        string got = !exists ? "no such folder" : other is null
            ? "a folder without weights" : $"a folder with {WeightException.Quote(other)}";
        string advice = Path.GetExtension(other) switch
        {
            null => "Check the path.",
            ".safetensors" => $"Rename the file that holds the whole model to {SingleFile}; for several, add {SingleFile + Index}.",
            ".bin" or ".pt" or ".pth" => $"Rename the file that holds the model's state_dict to {TorchFileName}.",
            ".gguf" => "GGUF files of llama.cpp are not read: fetch the checkpoint that it was made of.",
            ".onnx" => "ONNX graphs are not read: fetch the checkpoint that it was exported from.",
            _ => "Weights of TensorFlow and JAX are not read: convert them in Python with from_pretrained(folder, from_tf=True or "
            + "from_flax=True).save_pretrained(folder).",
        };
        return new($"weights: none found; got {got}; expected {SingleFile}, {TorchFileName} or an index of several. {advice} "
            + $"Folder: {path}", path);
    }

    private static WeightException Disagree(string path, string tensor, string what, string got, string expected) => new(
        $"safetensors: {what}; got {got}; expected {expected}. Index and files are of different checkpoints: fetch all of one again. "
        + $"File: {path} (tensor {WeightException.Quote(tensor)})",
        path, tensor);
}
