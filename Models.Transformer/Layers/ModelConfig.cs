using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vitrine.Transformers;

/// <summary>A checkpoint's <c>config.json</c>: settings by name, with errors that name file and setting.</summary>
internal sealed class ModelConfig
{
    private const int MostLabels = 1_000_000; // the weights of the head are looked at later

    private static readonly string[] s_ofTheWhole = ["bos_token_id", "eos_token_id", "pad_token_id", "tie_word_embeddings"];

    private readonly JsonElement _root;
    private readonly string _file;
    private readonly string? _architecture;
    private readonly bool _ownHead;

    private ModelConfig(JsonElement root, string file, string? architecture = null, bool ownHead = false) =>
        (_root, _file, _architecture, _ownHead) = (root, file, architecture, ownHead);

    /// <summary>The same settings for another class than the one under <c>architectures</c>.</summary>
    public ModelConfig As(string architecture) => new(_root, _file, architecture, _ownHead);

    /// <summary>The same settings for a model whose head is not its embeddings, whatever <c>tie_word_embeddings</c> says.</summary>
    public ModelConfig WithOwnHead() => new(_root, _file, _architecture, ownHead: true);

    /// <summary>The same settings for a head of so many labels, with the names that there are where they are as many.</summary>
    public ModelConfig WithLabels(int count)
    {
        JsonObject all = JsonObject.Create(_root)!;
        if (all["id2label"] is not JsonObject names || names.Count != count)
        {
            all.Remove("id2label");
            all.Remove("label2id");
            all["num_labels"] = count;
        }
        return new(JsonElement.Parse(all.ToJsonString()), _file, _architecture, _ownHead);
    }

    /// <summary>The same settings for a model of a family that they do not name.</summary>
    public ModelConfig OfFamily(string modelType)
    {
        JsonObject all = JsonObject.Create(_root)!;
        all["model_type"] = modelType;
        return new(JsonElement.Parse(all.ToJsonString()), _file);
    }

    /// <summary>
    /// These settings as those of a whole model: its special tokens and whether its head is tied are the outer model's where that says so,
    /// and what neither says is the default.
    /// </summary>
    /// <param name="outer">The model that they are a part of.</param>
    /// <param name="defaults">Numbers by name.</param>
    /// <param name="modelType">The family of the part.</param>
    public ModelConfig Over(ModelConfig outer, IReadOnlyDictionary<string, int> defaults, string modelType)
    {
        JsonObject all = JsonObject.Create(_root)!;
        foreach (string key in s_ofTheWhole.Where(outer.Has))
        {
            all[key] = JsonNode.Parse(outer._root.GetProperty(key).GetRawText());
        }
        foreach ((string key, int value) in defaults.Where(pair => !Has(pair.Key) && !outer.Has(pair.Key)))
        {
            all[key] = value;
        }
        all["model_type"] = modelType;
        return new(JsonElement.Parse(all.ToJsonString()), _file);
    }

    /// <summary>Reads <c>config.json</c> (or another JSON object) of a model folder.</summary>
    /// <exception cref="ModelException">The folder or file is missing, or is not a JSON object.</exception>
    public static ModelConfig Read(string folder, string name = "config.json")
    {
        string file = Path.Combine(folder, name);
        if (!Directory.Exists(folder))
        {
            throw new ModelException($"model: no such folder; got '{folder}'; expected a folder with {name} and model.safetensors.");
        }
        if (!File.Exists(file))
        {
            throw new ModelException($"model: not a model folder; {name} is missing in '{folder}'; expected {name} next to "
                + "model.safetensors.");
        }
        try
        {
            JsonElement root = StrictJson.Parse(File.ReadAllBytes(file));
            return root.ValueKind == JsonValueKind.Object
                ? new(root, file)
                : throw new ModelException($"config: not an object of settings; got {root.ValueKind} in {file}; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw new ModelException($"config: not JSON; got {e.Message} in {file}; expected a JSON object. Fetch or write the file "
                + "again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"config: cannot be read; got: {e.Message.TrimEnd('.')}; expected a readable {file}.", e);
        }
    }

    /// <summary>The names of all settings.</summary>
    public IEnumerable<string> Names => _root.EnumerateObject().Select(setting => setting.Name);

    /// <summary>Whether the setting is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether the setting is written down, be it null.</summary>
    public bool IsGiven(string key) => _root.TryGetProperty(key, out _);

    /// <summary>A whole number of at least <paramref name="least"/>; required unless a default is given.</summary>
    public int Int(string key, int? fallback = null, int least = 1)
    {
        if (Find(key) is not { } value)
        {
            return fallback ?? throw Wrong(key, "is missing", "nothing", "a whole number");
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least
            ? number
            : throw Wrong(key, "is not a sensible number", value.GetRawText(), $"a whole number of at least {least}");
    }

    /// <summary>A whole number, or null when absent; −1 means absent too, as in the first Llama checkpoints' <c>pad_token_id</c>.</summary>
    public int? OptionalInt(string key) => Has(key) && Int(key, least: -1) is >= 0 and var number ? number : null;

    /// <summary>A real number.</summary>
    public double Number(string key, double fallback) => Find(key) is not { } value
        ? fallback
        : value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble())
            ? value.GetDouble()
            : throw Wrong(key, "is not a number", value.GetRawText(), "a finite number");

    /// <summary>A real number above 0.</summary>
    public double Positive(string key, double fallback) => Number(key, fallback) is > 0 and var value
        ? value
        : throw Wrong(key, "is not positive", FormattableString.Invariant($"{Number(key, fallback)}"), "a number above 0");

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool fallback) => _ownHead && key == "tie_word_embeddings" ? false : Find(key) is not { } value
        ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(key, "is neither true nor false", value.GetRawText(), "true or false");

    /// <summary>Whether the setting is a text.</summary>
    public bool IsText(string key) => Find(key) is { ValueKind: JsonValueKind.String };

    /// <summary>A text.</summary>
    public string Text(string key, string fallback) => Find(key) is not { } value
        ? fallback
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, "is not a text", value.GetRawText(), "a text");

    /// <summary>A list of texts; a lone text counts as a list of one.</summary>
    public IReadOnlyList<string> Texts(string key) => [.. Items(key).Select(item => item.ValueKind == JsonValueKind.String
        ? item.GetString()!
        : throw Wrong(key, "holds something that is not a text", item.GetRawText(), "texts"))];

    /// <summary>A list of whole numbers; a lone number counts as a list of one.</summary>
    public IReadOnlyList<int> Ints(string key) => [.. Items(key).Select(item => Whole(key, item))];

    /// <summary>A list of lists of whole numbers.</summary>
    public IReadOnlyList<IReadOnlyList<int>> IntLists(string key) => [.. Items(key).Select(list => list.ValueKind == JsonValueKind.Array
        ? (IReadOnlyList<int>)[.. list.EnumerateArray().Select(item => Whole(key, item))]
        : throw Wrong(key, "holds something that is not a list", list.GetRawText(), "lists of numbers"))];

    /// <summary>Lists of texts with how often each list is repeated, one after the other: <c>[[["global", "local"], 6]]</c> are
    /// twelve.</summary>
    public IReadOnlyList<string> RepeatedTexts(string key)
    {
        return [.. Items(key).SelectMany(item =>
            item is { ValueKind: JsonValueKind.Array } && item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.Array
            ? Enumerable.Repeat(item[0].EnumerateArray().Select(Text), Times(item[1])).SelectMany(texts => texts)
            : throw Bad(item))];

        string Text(JsonElement item) => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Bad(item);

        int Times(JsonElement item) => Whole(key, item) is >= 0 and <= 10000 and var times ? times : throw Bad(item);

        ModelException Bad(JsonElement item) =>
            Wrong(key, "is not understood", item.GetRawText(), "lists of texts, each with a number of repetitions");
    }

    /// <summary>The names of the labels by index: <c>id2label</c>, else <c>LABEL_i</c> for <c>num_labels</c>, which is 2 by
    /// default.</summary>
    public IReadOnlyList<string> Labels()
    {
        if (Find("id2label") is not { } map)
        {
            return Int("num_labels", 2) is <= MostLabels and var count ? [.. Enumerable.Range(0, count).Select(i => $"LABEL_{i}")]
                : throw Wrong("num_labels", "is too large", $"{Int("num_labels")}", $"at most {MostLabels}");
        }
        if (map.ValueKind != JsonValueKind.Object)
        {
            throw Wrong("id2label", "is not an object", map.GetRawText(), "names by index: {\"0\": …}");
        }
        var labels = new SortedDictionary<int, string>();
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            int index = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
                ? parsed
                : throw Wrong("id2label", "has a key that is no index", $"'{entry.Name}'", "0, 1, …");
            labels[index] = entry.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null
                ? throw Wrong("id2label", "has a name that is no text", entry.Value.GetRawText(), "texts") : entry.Value.ToString();
        }
        return labels.Keys.SequenceEqual(Enumerable.Range(0, labels.Count))
            ? [.. labels.Values]
            : throw Wrong("id2label", "has gaps", string.Join(", ", labels.Keys), "0, 1, … without gaps");
    }

    /// <summary>
    /// Whether a classifier's outputs are numbers: the config calls it a regression, or a cross-encoder of one output has the identity as
    /// its activation.
    /// </summary>
    public bool IsNumber => ProblemType == "regression"
        || (Labels().Count == 1 && (Inner("sentence_transformers")?.Text("activation_fn", "")
            ?? Text("sbert_ce_default_activation_function", "")).EndsWith("Identity", StringComparison.Ordinal));

    /// <summary>Whether labels do not compete. One label alone is true with probability σ(logit), as Hugging Face's pipeline shows
    /// it.</summary>
    public bool IsMultiLabel => !IsNumber && (ProblemType == "multi_label_classification" || Labels().Count == 1);

    private string ProblemType => Text("problem_type", "") is "" or "regression" or "single_label_classification"
        or "multi_label_classification" ? Text("problem_type", "") : throw Wrong("problem_type", "is not known", Text("problem_type", ""),
            "regression, single_label_classification or multi_label_classification");

    /// <summary>The facts of a classifier of texts: its labels, and how they are read.</summary>
    public ModelInfo Classifier(ModelInfo info) => info with
    {
        Task = ModelTask.SequenceClassification,
        Labels = Labels(),
        IsNumber = IsNumber,
        IsMultiLabel = IsMultiLabel,
    };

    /// <summary>A setting of an inner object, e.g. <c>rope_scaling</c>; null when absent.</summary>
    public ModelConfig? Inner(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Object ? new(value, $"{_file} ({key})")
            : throw Wrong(key, "is not an object", value.GetRawText(), "an object of settings");

    /// <summary>Refuses a setting this library does not implement: anything but the values listed, null and absence among the
    /// good.</summary>
    /// <param name="key">The setting.</param>
    /// <param name="accepted">Its JSON texts that mean what we do: <c>false</c>, <c>"absolute"</c>.</param>
    public void Expect(string key, params ReadOnlySpan<string> accepted)
    {
        if (Differs(key, accepted) && Find(key) is { } value)
        {
            throw Wrong(key, "is not supported", value.GetRawText(), accepted.Length == 0 ? "nothing"
                : string.Join(" or ", accepted.ToArray()));
        }
    }

    /// <summary>Whether the setting is there, not null, and none of the JSON texts listed.</summary>
    public bool Differs(string key, params ReadOnlySpan<string> accepted) =>
        Find(key) is { } value && !accepted.Contains(value.GetRawText());

    /// <summary>The class name under <c>architectures</c>.</summary>
    /// <param name="fallback">What the family is without one.</param>
    public string Architecture(string fallback) => _architecture ?? (Texts("architectures") is [string first, ..] ? first : fallback);

    /// <summary>An exception about a class that is not implemented.</summary>
    public ModelException UnsupportedArchitecture(params ReadOnlySpan<string> supported) =>
        Wrong("architectures", "names a class that is not supported", string.Join(", ", Texts("architectures")),
            string.Join(" or ", supported.ToArray()));

    /// <summary>Refuses sizes of which one must be a multiple of the other and is not.</summary>
    public void Divides(string partKey, int part, string wholeKey, int whole)
    {
        if (whole % part != 0)
        {
            throw Wrong(wholeKey, $"is not a multiple of '{partKey}'", $"{whole} and {part}", "a multiple");
        }
    }

    /// <summary>An exception about a setting.</summary>
    public ModelException Wrong(string key, string what, string got, string expected) => new(
        $"config: '{key}' {what}; got {(got.Length > 80 ? got[..80] + "…" : got)}; expected {expected}. File: {_file}");

    private JsonElement? Find(string key) =>
        _root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private JsonElement[] Items(string key) => Find(key) is not { } value
        ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private int Whole(string key, JsonElement item) => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number)
        ? number
        : throw Wrong(key, "holds something that is not a whole number", item.GetRawText(), "whole numbers");
}
