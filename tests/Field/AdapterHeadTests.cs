using Vitrine.Cli;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>Adapters that bring the head which their base lacks, as PEFT saves classifiers on the bodies of masked models.</summary>
public sealed class AdapterHeadTests : IDisposable
{
    private readonly TinyModel _whole = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _whole.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("\"BertForSequenceClassification\"", "\"BertForMaskedLM\"")]
    [InlineData("\"BertForSequenceClassification\"", "\"BertModel\"")]
    [InlineData("\"BertForSequenceClassification\"", "\"BertForSequenceClassification\"")]
    public void Load_OverABaseWithoutAHead_SaysWhatTheWholeModelSays(string from, string to)
    {
        (string @base, string adapter) = Parts(from, to);

        CliRun whole = CliRun.Of(["predict", "good movie", "--model", _whole.Path]).IsDone(),
            adapted = CliRun.Of(["predict", "good movie", "--model", @base, "--adapter", adapter]);

        Assert.Equal(whole.Output, adapted.Output);
        Assert.Contains("the adapter's own is used, which makes it BertForSequenceClassification", adapted.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success,
            CliRun.Of(["merge", "--model", @base, "--adapter", adapter, "--out", "merged"], folder: _folder.Path).Code);
        Assert.Contains("positive", CliRun.Of(["predict", "good movie", "--model", _folder.File("merged")]).IsDone().Output
            .Replace("LABEL_", "positive", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfAnAdapterWithoutTheHeadThatItNeeds_IsRefused()
    {
        (string @base, string adapter) = Parts("\"BertForSequenceClassification\"", "\"BertModel\"");
        string file = Path.Combine(adapter, "adapter_model.safetensors");
        Rewrite(file, file, name => name.Contains(".lora_", StringComparison.Ordinal));

        CliRun.Of(["predict", "good movie", "--model", @base, "--adapter", adapter])
            .IsRefused(ExitCode.Model, "needs a head that neither it nor the base holds", "modules_to_save");
    }

    // The model cut in two: a base without the classifier, and an adapter that changes nothing and holds it.
    private (string Base, string Adapter) Parts(string from, string to)
    {
        string @base = _folder.File("base"), adapter = _folder.File("adapter");
        NewModel.CopyWithoutWeights(_whole.Path, @base);
        string config = Path.Combine(@base, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace(from, to, StringComparison.Ordinal));
        Rewrite(Path.Combine(_whole.Path, "model.safetensors"), Path.Combine(@base, "model.safetensors"),
            name => !name.StartsWith("classifier.", StringComparison.Ordinal));
        var options = new LoraOptions { Rank = 2 };
        LoraModel adapted = LoraModel.Start(ModelLoader.Load(_whole.Path), options, seed: 1);
        LoraAdapter.Describe(adapter, adapted, options, "base");
        LoraAdapter.Save(adapted, adapter);
        return (@base, adapter);
    }

    private static void Rewrite(string from, string to, Func<string, bool> keep)
    {
        WeightData[] kept;
        using (WeightsFolder weights = WeightsFolder.Open(from))
        {
            kept = [.. weights.Names.Where(keep).Select(name =>
                new WeightData(name, Vitrine.Tensors.Tensor.From(weights.Read(name).ToArray(), weights.Read(name).Shape)))];
        }
        SafetensorsWriter.Save(to, kept);
    }
}
