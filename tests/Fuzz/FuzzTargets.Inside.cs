using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Fuzz;

/// <summary>Readers of what looking inside a model reads and writes.</summary>
internal sealed partial class FuzzTargets
{
    private static readonly (string Name, Func<FuzzTargets, FuzzTarget> Make)[] s_inside =
    [
        ("inside", _ => InsideResults()),
        ("circuit", _ => Circuits()),
        ("sae cfg", all => all.AutoencoderSettings()),
        ("sae weights", all => all.AutoencoderWeights()),
        ("tuned lens config", all => all.LensSettings()),
        ("tuned lens params", all => all.LensWeights()),
        ("steering vector", all => all.Steering()),
    ];

    private static FuzzTarget InsideResults()
    {
        var result = new InsideResult
        {
            Method = "activation_patching",
            Metric = "logit_diff",
            Numbers = new Dictionary<string, double> { ["metric_clean"] = 2, ["none"] = double.NaN },
            Parameters = new Dictionary<string, string> { ["site"] = "resid" },
            Warnings = ["few pairs"],
            Tables = [InsideTable.Of(
                "effect", "share", [0.5, 1, double.NaN, 0], InsideAxis.Numbered("layer", 2), new("position", ["a", "b"])) with
            {
                Texts = ["a", "b", "c", "d"],
                Low = [0, 0, 0, 0],
                High = [1, 1, 1, 1],
            }],
        };
        return new("inside", [Utf8(result.ToJson()), Utf8(result.ToJson(indented: false))], file =>
        {
            InsideResult read = InsideJson.FromJson(System.Text.Encoding.UTF8.GetString(file));
            read.ToCsv();
            InsideJson.FromJson(read.ToJson());
        }, FuzzKind.Json);
    }

    private static FuzzTarget Circuits()
    {
        var graph = new EdgeGraph(2, 2, 8);
        EdgeScores scores = new()
        {
            Graph = graph,
            Values = [.. Enumerable.Range(0, graph.Sources.Count * graph.Targets.Count).Select(i => i / 7.0)],
            Method = EdgeMethod.Eap,
            Metric = "",
            MetricClean = 1,
            MetricCorrupted = 0,
        };
        return new("circuit", [Utf8(CircuitFile.ToJson(scores, null))], file =>
        {
            (EdgeScores read, Circuit circuit) = CircuitFile.FromJson(System.Text.Encoding.UTF8.GetString(file));
            CircuitFile.FromJson(CircuitFile.ToJson(read, circuit));
        }, FuzzKind.Json);
    }

    private (string Folder, byte[] Config, byte[] Weights) Autoencoder(string name)
    {
        string folder = Folder(name);
        var config = new SaeConfig { DIn = 3, DSae = 4, DOut = 3, Architecture = "topk", K = 2 };
        new SparseAutoencoder(config, new Dictionary<string, Tensor>
        {
            ["W_enc"] = RandomTensor.Normal(1, [3, 4]),
            ["W_dec"] = RandomTensor.Normal(2, [4, 3]),
            ["b_enc"] = RandomTensor.Normal(3, [4]),
            ["b_dec"] = RandomTensor.Normal(4, [3]),
        }).Save(folder);
        return (folder, File.ReadAllBytes(Path.Combine(folder, "cfg.json")),
            File.ReadAllBytes(Path.Combine(folder, "sae_weights.safetensors")));
    }

    private FuzzTarget AutoencoderSettings()
    {
        (string folder, byte[] seed, _) = Autoencoder("sae-config");
        byte[] old = Utf8("""
            {"d_in": 3, "d_sae": 4, "activation_fn": "topk", "activation_fn_kwargs": {"k": 2}, "hook_name": "blocks.0.hook_resid_pre",
             "normalize_activations": "layer_norm", "apply_b_dec_to_input": false, "model_name": "gpt2"}
            """);
        return new("sae cfg", [seed, old], file => Autoencode(folder, "cfg.json", file), FuzzKind.Json);
    }

    private FuzzTarget AutoencoderWeights()
    {
        (string folder, _, byte[] seed) = Autoencoder("sae-weights");
        return new("sae weights", [seed], file => Autoencode(folder, "sae_weights.safetensors", file), FuzzKind.Safetensors);
    }

    private static void Autoencode(string folder, string name, byte[] file)
    {
        File.WriteAllBytes(Path.Combine(folder, name), file);
        var read = SparseAutoencoder.Load(folder);
        Tensor x = Tensor.Zeros([2, read.Config.DIn]);
        read.Decode(read.Encode(x), x);
    }

    private FuzzTarget LensSettings()
    {
        string folder = Lens("lens-config");
        return new("tuned lens config", [File.ReadAllBytes(Path.Combine(folder, "config.json"))], file =>
        {
            File.WriteAllBytes(Path.Combine(folder, "config.json"), file);
            TunedLens.Load(folder);
        }, FuzzKind.Json);
    }

    private FuzzTarget LensWeights()
    {
        string folder = Lens("lens-weights");
        return new("tuned lens params", [File.ReadAllBytes(Path.Combine(folder, "params.pt"))], file =>
        {
            File.WriteAllBytes(Path.Combine(folder, "params.pt"), file);
            TunedLens.Load(folder);
        }, FuzzKind.Bytes);
    }

    private string Lens(string name)
    {
        string folder = Folder(name);
        TunedLens.Identity(2, 3).Save(folder, "model");
        return folder;
    }

    private FuzzTarget Steering()
    {
        string path = _folder.File("steering.safetensors");
        new SteeringVector("blocks.0.hook_resid_pre", RandomTensor.Normal(1, [5]), 3).Save(path);
        return new("steering vector", [File.ReadAllBytes(path)], file => SteeringVector.Load(Written("steering.safetensors", file)),
            FuzzKind.Safetensors);
    }
}
