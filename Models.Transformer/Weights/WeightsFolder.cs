using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// All weights of a checkpoint, in one file (<c>model.safetensors</c>) or in several
/// (<c>model.safetensors.index.json</c> and the files it names), under one lookup.
/// </summary>
public sealed class WeightsFolder : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private readonly Dictionary<string, SafetensorsFile> _fileOf = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files = [];

    private WeightsFolder(string path) => FolderPath = path;

    /// <summary>The folder, or the single file, this was opened by.</summary>
    public string FolderPath { get; }

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Which weights a model built from it shall hold in fewer bits.</summary>
    internal Quantization Quantization { get; init; }

    /// <summary>From which threshold on columns of linear layers stay in float32 then.</summary>
    internal float Outliers { get; init; } = float.PositiveInfinity;

    /// <summary>Whether a model built from it needs no values: somebody asks for names, shapes and places only.</summary>
    internal bool NamesOnly { get; init; }

    /// <summary>Names of all tensors, file by file.</summary>
    public IReadOnlyCollection<string> Names => _fileOf.Keys;

    /// <summary>Whether this stands for a checkpoint that is yet to be made: see <see cref="ModelLoader.Create"/>.</summary>
    internal bool IsUnwritten { get; private init; }

    /// <summary>A folder without weights.</summary>
    internal static WeightsFolder Unwritten(string path) => new(path) { IsUnwritten = true };

    /// <summary>Opens and checks every file of a checkpoint. <c>model.safetensors</c> goes before an index beside it.</summary>
    /// <param name="path">A folder, or the path of one <c>.safetensors</c> file.</param>
    /// <exception cref="WeightException">
    /// There are no weights, a file breaks a rule of its format, or index and files disagree about what is where.
    /// </exception>
    public static WeightsFolder Open(string path) => Open(path, Quantization.None);

    internal static WeightsFolder Open(string path, Quantization quantization, float outliers = float.PositiveInfinity, bool namesOnly = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        WeightsFolder folder = new(path) { Quantization = quantization, Outliers = outliers, NamesOnly = namesOnly };
        try
        {
            string index = Path.Combine(path, IndexFile);
            if (File.Exists(path))
            {
                folder.Add(path);
            }
            else if (File.Exists(Path.Combine(path, SingleFile)))
            {
                folder.Add(Path.Combine(path, SingleFile));
            }
            else if (File.Exists(index))
            {
                folder.AddShards(index, ShardIndex.Read(index));
            }
            else
            {
                throw Nothing(path);
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
    public SafetensorsFile FileOf(string name) => _fileOf.TryGetValue(name, out SafetensorsFile? file)
        ? file
        : throw WeightException.Unknown(name, Names, FolderPath);

    /// <summary>Type, shape and place of a tensor.</summary>
    /// <inheritdoc cref="FileOf"/>
    public WeightEntry Entry(string name) => FileOf(name).Entry(name);

    /// <inheritdoc cref="SafetensorsFile.Read"/>
    public Tensor Read(string name) => FileOf(name).Read(name);

    /// <summary>Scans all weights for NaN and infinities, once, at about the speed the memory or disk delivers them.</summary>
    /// <exception cref="WeightException">Names the first such tensor and element, row-major.</exception>
    public unsafe void CheckFinite()
    {
        foreach ((string name, SafetensorsFile file) in _fileOf)
        {
            WeightEntry entry = file.Entry(name);
            long index = FiniteScan.FirstNonFinite(entry.Type, file.Address(name), entry.Count);
            GC.KeepAlive(file);
            if (index >= 0)
            {
                throw new WeightException(
                    $"safetensors: a weight is NaN or infinite; got one at element {index} of {entry}; expected finite weights. Fetch or train the checkpoint again. File: {file.FilePath} (tensor {WeightException.Quote(name)})",
                    file.FilePath, name);
            }
        }
    }

    /// <summary>Closes all files, as <see cref="SafetensorsFile.Dispose"/> does: tensors read from them stay valid.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void Add(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
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
            if (!_fileOf.TryGetValue(name, out SafetensorsFile? actual) || Path.GetFileName(actual.FilePath) != file)
            {
                throw Disagree(index, name, "the tensor is not where the index says",
                    actual is null ? "it in no file" : $"it in {actual.FilePath}", file);
            }
        }
        foreach ((string name, SafetensorsFile file) in _fileOf)
        {
            if (!map.ContainsKey(name))
            {
                throw Disagree(index, name, "the index does not list the tensor", $"it in {file.FilePath}", "every tensor of every file");
            }
        }
    }

    private static WeightException Nothing(string path)
    {
        bool exists = Directory.Exists(path);
        string? other = exists
            ? Directory.EnumerateFiles(path).Select(Path.GetFileName).FirstOrDefault(file =>
                Path.GetExtension(file) is ".safetensors" or ".bin" or ".pt" or ".pth" or ".h5" or ".msgpack" or ".gguf" or ".onnx")
            : null;
        string got = !exists ? "no such folder" : other is null ? "a folder without weights" : $"a folder with {WeightException.Quote(other)}";
        string advice = other is null ? "Check the path." : other.EndsWith(".safetensors", StringComparison.Ordinal)
            ? "Name that file itself."
            : "Convert it to safetensors, in Python with save_pretrained(folder, safe_serialization=True).";
        return new($"safetensors: no weights; got {got}; expected {SingleFile} or {IndexFile}. {advice} Folder: {path}", path);
    }

    private static WeightException Disagree(string path, string tensor, string what, string got, string expected) => new(
        $"safetensors: {what}; got {got}; expected {expected}. Index and files are of different checkpoints: fetch all of one again. File: {path} (tensor {WeightException.Quote(tensor)})",
        path, tensor);
}
