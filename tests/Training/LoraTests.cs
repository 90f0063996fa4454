using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>LoRA adapters: what they compute, what they leave alone, and their files.</summary>
public class LoraTests
{
    private static readonly ModelInput s_input = ModelInput.Of(5, 6, 7, 8);

    [Theory]
    [InlineData("bert", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", 8)]
    [InlineData("gpt2", "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", 4)]
    [InlineData("llama", "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 8)]
    [InlineData("marian", "base_model.model.model.encoder.layers.0.self_attn.q_proj.lora_A.weight", 24)]
    [InlineData("roberta", "base_model.model.roberta.encoder.layer.0.attention.self.query.lora_A.weight", 8)]
    [InlineData("distilbert", "base_model.model.distilbert.transformer.layer.0.attention.q_lin.lora_A.weight", 8)]
    [InlineData("deberta-v2", "base_model.model.deberta.encoder.layer.0.attention.self.query_proj.lora_A.weight", 8)]
    [InlineData("albert", "base_model.model.albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.lora_A.weight", 4)]
    [InlineData("modernbert", "base_model.model.model.layers.0.attn.Wqkv.lora_A.weight", 4)]
    [InlineData("t5", "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight", 24)]
    public void Start_EveryFamily_ChangesNothingYetAndHasPeftsNames(string family, string name, int count)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = model.Info.Task == ModelTask.SequenceToSequence ? s_input with { Target = s_input } : s_input;

        LoraModel adapted = LoraModel.Start(model, new() { Rank = 2 }, seed: 1);

        Assert.Equal(model.Forward(input).ToArray(), adapted.Forward(input).ToArray());
        Assert.Equal(count, adapted.Parameters.Count);
        Assert.Contains(name, adapted.Parameters.Select(p => p.Place.Tensor));
        Assert.All(adapted.Scales.Values, scale => Assert.Equal(2, scale)); // alpha is twice the rank
    }

    [Theory]
    [InlineData("bert", "layer.1.output.dense")]
    [InlineData("gpt2", "c_attn")]
    public void Load_WrittenByHand_IsTheBaseWithBTimesAAdded(string family, string target)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family), expected = TinyModels.Load(folder.Path, family);
        LoraModel random = Random(model, target);
        Directory.CreateDirectory(folder.File("adapter"));
        LoraAdapter.Describe(folder.File("adapter"), random, new() { Rank = 3, Alpha = 6, Targets = [target] }, "base");
        LoraAdapter.Save(random, folder.File("adapter"));
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("adapter/adapter_model.safetensors"));
        foreach (IGrouping<string, Parameter> module in LoraModel.Modules(expected)
            .Where(m => m.Key.EndsWith(target, StringComparison.Ordinal)))
        {
            float[] a = file.ReadFloats($"base_model.model.{module.Key}.lora_A.weight"),
                b = file.ReadFloats($"base_model.model.{module.Key}.lora_B.weight");
            int from = 0;
            foreach (Parameter part in module.OrderBy(p => p.Place.Part?.Offset))
            {
                (int dIn, int dOut) = (part.Shape[0], part.Shape[1]);
                float[] w = part.Value.ToArray();
                for (int i = 0; i < w.Length; i++)
                {
                    (int input, int output) = (i / dOut, from + (i % dOut)); // ΔW[output, input] = α/r · Σ B[output, k]·A[k, input]
                    w[i] += 2 * (float)Enumerable.Range(0, 3).Sum(k => (double)b[(output * 3) + k] * a[(k * dIn) + input]);
                }
                part.Value = Tensor.From(w, part.Shape);
                from += dOut;
            }
        }

        LoraModel loaded = LoraAdapter.Load(model, folder.File("adapter"));
        float[] adapted = loaded.Forward(s_input).ToArray();

        TensorAssert.Close(adapted, expected.Forward(s_input).ToArray(), 1e-4f, 1e-5f);
        Assert.Equal(adapted, LoraAdapter.Merge(loaded).Forward(s_input).ToArray());
        Assert.Equal("base", LoraAdapter.BaseOf(folder.File("adapter")));
    }

    [Fact]
    public void Load_AdapterOfPeftWithAWholeHead_ReplacesTheHead()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert", "BertForSequenceClassification");
        File.WriteAllText(folder.File("adapter_config.json"), """
            {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "bias": "none", "use_rslora": false, "rank_pattern": {}, "modules_to_save": ["classifier"], "base_model_name_or_path": "x"}
            """);
        SafetensorsWriter.Save(folder.File("adapter_model.safetensors"),
        [
            new("base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", Tensor.Full([1, 16], 0.1f)),
            new("base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight", Tensor.Zeros([16, 1])),
            new("base_model.model.classifier.weight", Tensor.Zeros([3, 16])),
            new("base_model.model.classifier.bias", Tensor.From([1, 2, 3f], [3])),
        ], cancellation: TestContext.Current.CancellationToken);

        Assert.Equal([1, 2, 3], LoraAdapter.Load(model, folder.Path).Forward(s_input).ToArray());
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 4)]
    public void Load_RankStabilized_DividesAlphaByTheRootOfTheRank(bool stabilized, double scale)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert");
        LoraModel adapted = LoraModel.Start(model, new() { Rank = 4, Alpha = 8 }, seed: 1);
        LoraAdapter.Describe(folder.Path, adapted, new() { Rank = 4, Alpha = 8 }, "base");
        LoraAdapter.Save(adapted, folder.Path);
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder.File("adapter_config.json")))!.AsObject();
        config["use_rslora"] = stabilized;
        File.WriteAllText(folder.File("adapter_config.json"), config.ToJsonString());

        Assert.All(LoraAdapter.Load(model, folder.Path).Scales.Values, loaded => Assert.Equal(scale, loaded));
    }

    [Fact]
    public void Load_AFusedLayerStoredWhole_GivesEveryPartItsColumns()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2");
        LoraOptions options = new() { Rank = 2, Targets = ["c_fc"] };
        LoraModel adapted = LoraModel.Start(model, options, seed: 1);
        LoraAdapter.Describe(folder.Path, adapted, options, "base");
        Tensor stored = RandomTensor.Normal(5, [16, 48]); // q, k and v side by side
        string name = "base_model.model." + model.Parameters.First(p => p.Name == "blocks.0.attn.W_K").Place.Tensor;
        WeightData[] weights = [.. adapted.Parameters.Select(p => new WeightData(p.Place.Tensor, p.Value)), new WeightData(name, stored)];
        SafetensorsWriter.Save(folder.File("adapter_model.safetensors"), weights, cancellation: TestContext.Current.CancellationToken);

        LoraAdapter.Load(model, folder.Path);

        string[] parts = ["W_Q", "W_K", "W_V"];
        Assert.All(parts.Index(), part => Assert.Equal(
            stored.Slice(1, 16 * part.Index, 16).ToArray(),
            model.Parameters.First(p => p.Name == $"blocks.0.attn.{part.Item}").Value.ToArray()));
    }

    [Fact]
    public void Load_PatternsOfRanksAndAlphas_HoldForTheLayersTheyMatch()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert");
        File.WriteAllText(folder.File("adapter_config.json"), """
            {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "rank_pattern": {"layer\\.1.*query": 2}, "alpha_pattern": {"value": 5, "layer.1.attention.self.query": 6}}
            """);
        SafetensorsWriter.Save(folder.File("adapter_model.safetensors"),
            new[] { ("0.attention.self.query", 1), ("1.attention.self.query", 2),
                ("0.attention.self.value", 1) }.SelectMany(layer => new WeightData[]
        {
            new($"base_model.model.bert.encoder.layer.{layer.Item1}.lora_A.weight", Tensor.Zeros([layer.Item2, 16])),
            new($"base_model.model.bert.encoder.layer.{layer.Item1}.lora_B.weight", Tensor.Zeros([16, layer.Item2])),
        }), cancellation: TestContext.Current.CancellationToken);

        IReadOnlyDictionary<string, double> scales = LoraAdapter.Load(model, folder.Path).Scales;

        Assert.Equal(1, scales["bert.encoder.layer.0.attention.self.query"]);
        Assert.Equal(3, scales["bert.encoder.layer.1.attention.self.query"]); // 6 / 2
        Assert.Equal(5, scales["bert.encoder.layer.0.attention.self.value"]);
    }

    [Theory]
    [InlineData("BertForSequenceClassification", "SEQ_CLS", "classifier")]
    [InlineData("BertForTokenClassification", "TOKEN_CLS", "classifier")]
    [InlineData("BertForQuestionAnswering", "QUESTION_ANS", "qa_outputs")]
    public void Save_ModelWithAHead_HoldsTheHeadAsPeftExpects(string architecture, string task, string head)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert", architecture);
        LoraModel adapted = LoraModel.Start(model, new() { Rank = 2, Targets = ["query", head] }, seed: 1);
        LoraAdapter.Describe(folder.File("adapter"), adapted, new() { Rank = 2, Targets = ["query", head] }, "base");
        LoraAdapter.Save(adapted, folder.File("adapter"));
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("adapter/adapter_model.safetensors"));
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder.File("adapter/adapter_config.json")))!;

        // PEFT wraps the head by itself for these tasks, leaves it out of the targets, and fails on files without it.
        string[] expected = [.. Enumerable.Range(0, 2)
            .SelectMany(i => new[] { "A",
                "B" }.Select(m => $"base_model.model.bert.encoder.layer.{i}.attention.self.query.lora_{m}.weight")),
            $"base_model.model.{head}.weight", $"base_model.model.{head}.bias"];
        Assert.Equal(expected.Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal));
        Assert.Equal([model.Info.Labels.Count > 0 ? model.Info.Labels.Count : 2, model.Info.DModel],
            file.Entry($"base_model.model.{head}.weight").Shape);
        Assert.Equal(task, (string?)config["task_type"]);
        Assert.Contains(head, config["modules_to_save"]!.AsArray().Select(name => (string?)name));
        Assert.Equal(model.Forward(s_input).ToArray(), LoraAdapter.Load(model, folder.File("adapter")).Forward(s_input).ToArray());
    }

    [Fact]
    public void Start_ModelWithoutAHead_NamesHaveNoPrefix()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert", "BertModel");

        LoraModel adapted = LoraModel.Start(model, new() { Rank = 2 }, seed: 1);

        Assert.Contains("base_model.model.encoder.layer.0.attention.self.query.lora_A.weight",
            adapted.Parameters.Select(p => p.Place.Tensor));
    }

    [Fact]
    public void Run_AdapterOnAClassifier_LearnsAndLeavesTheBaseAsItWas()
    {
        using var folder = new TempFolder();
        ITransformer model = Toys.Classifier(folder);
        float[][] before = [.. model.Parameters.Select(p => p.Value.ToArray())];
        (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
        LoraModel adapted = LoraModel.Start(model, new() { Rank = 4, Targets = ["query", "value", "dense"] }, seed: 1);

        TrainingResult result = new Trainer(adapted, new ClassificationTask(training, held, adapted, adapted.Tokenizer!),
            new() { Epochs = 15, BatchSize = 8, LearningRate = 2e-2f, Dropout = 0 }, folder.File("adapter"), LoraAdapter.Save)
            .Run(cancellation: TestContext.Current.CancellationToken);
        LoraAdapter.Describe(folder.File("adapter"), adapted, new() { Rank = 4 }, "x");

        Assert.True(result.Best[0].Value > 0.9, $"accuracy {result.Best[0].Value}");
        Assert.Equal(before, model.Parameters.Select(p => p.Value.ToArray()));
        ITransformer merged = LoraAdapter.Merge(LoraAdapter.Load(Toys.Classifier(folder), folder.File("adapter")));
        Assert.Equal(result.Best[0].Value, new ClassificationTask(training, held, merged, merged.Tokenizer!).Evaluate(merged)[0].Value);
    }

    [Fact]
    public void Run_InterruptedAndGoneOn_SameAdapterAsInOneGo()
    {
        using var whole = new TempFolder();
        using var parts = new TempFolder();
        Tune(whole, null);

        Tune(parts, 4);
        Tune(parts, null);

        Assert.Equal(File.ReadAllBytes(whole.File("adapter/adapter_model.safetensors")),
            File.ReadAllBytes(parts.File("adapter/adapter_model.safetensors")));

        static void Tune(TempFolder folder, int? stop)
        {
            LoraModel adapted = LoraModel.Start(Toys.Classifier(folder), new() { Rank = 2 }, seed: 1);
            (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
            using var cancelled = new CancellationTokenSource();
            new Trainer(adapted, new ClassificationTask(training, held, adapted, adapted.Tokenizer!), new() { Epochs = 1, BatchSize = 8 },
                folder.File("adapter"), LoraAdapter.Save)
                .Run(Told.StopAt(stop, cancelled), cancelled.Token);
        }
    }

    [Fact]
    public void Load_WhatCannotBe_SaysWhy()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert");
        LoraModel random = Random(model, "query");
        LoraAdapter.Save(random, folder.Path);
        void Refused(string part, Action<JsonObject> edit)
        {
            LoraAdapter.Describe(folder.Path, random, new() { Rank = 3, Alpha = 6, Targets = ["query"] }, "base");
            JsonObject config = JsonNode.Parse(File.ReadAllText(folder.File("adapter_config.json")))!.AsObject();
            edit(config);
            File.WriteAllText(folder.File("adapter_config.json"), config.ToJsonString());
            Assert.Contains(part, Assert.Throws<TrainingException>(() => LoraAdapter.Load(model, folder.Path)).Message,
                StringComparison.Ordinal);
        }

        Refused("peft_type IA3", config => config["peft_type"] = "IA3");
        Refused("use_dora", config => config["use_dora"] = true);
        Refused("alora_invocation_tokens", config => config["alora_invocation_tokens"] = new JsonArray(1, 2));
        Refused("init_lora_weights pissa", config => config["init_lora_weights"] = "pissa_niter_16");
        Refused("bias", config => config["bias"] = "all");
        Refused("expected [4, 16]", config => config["r"] = 4);
        Refused("has no 'r'", config => config.Remove("r"));
        Assert.Contains("query, key, value, dense",
            Assert.Throws<TrainingException>(() => LoraModel.Start(model, new() { Targets = ["q_proj"] }, 1)).Message,
            StringComparison.Ordinal);
        Assert.Contains("changes nothing",
            Assert.Throws<TrainingException>(() => LoraAdapter.Load(
                TinyModels.Load(Directory.CreateDirectory(folder.File("other")).FullName, "gpt2"), Restored(folder, random))).Message,
                    StringComparison.Ordinal);
    }

    private static string Restored(TempFolder folder, LoraModel random)
    {
        LoraAdapter.Describe(folder.Path, random, new() { Rank = 3, Alpha = 6, Targets = ["query"] }, "base");
        return folder.Path;
    }

    private static LoraModel Random(ITransformer model, string target)
    {
        LoraModel adapted = LoraModel.Start(model, new() { Rank = 3, Alpha = 6, Targets = [target] }, seed: 1);
        int seed = 0;
        foreach (Parameter parameter in adapted.Parameters)
        {
            parameter.Value = RandomTensor.Normal(++seed, parameter.Shape, 0.3f);
        }
        return adapted;
    }
}
