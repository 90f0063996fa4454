using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>Settings that are missing, null, of another type or out of range: a model that runs, or a sentence about it.</summary>
public class HostileConfigTests
{
    private static readonly string[] s_values =
        ["null", "0", "-1", "1", "3", "7919", "100000000", "2147483647", "1e30", "0.5", "\"x\"", "\"\"", "[]", "{}", "[1, \"a\"]", "true"];

    public static TheoryData<string> Families() => [.. TinyFamilies.Names];

    [Theory]
    [MemberData(nameof(Families))]
    public void Load_AnySettingSpoiled_IsAModelOrOneSentence(string family)
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, family);
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
        List<string> faults = [];
        int refused = 0;
        string[] absent = ["num_labels", "id2label", "problem_type"];
        foreach (string key in config.Select(pair => pair.Key).Where(key => key != "model_type").Union(absent).ToArray())
        {
            foreach (string? value in s_values.Prepend(null))
            {
                JsonObject spoiled = config.DeepClone().AsObject();
                if (value is null)
                {
                    spoiled.Remove(key);
                }
                else
                {
                    spoiled[key] = JsonNode.Parse(value);
                }
                File.WriteAllText(folder.File("config.json"), spoiled.ToJsonString());
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    ITransformer model = ModelLoader.Load(folder.Path);
                    if (model.Info.VocabSize == 50)
                    {
                        _ = model.Forward(TinyInputs.For(model));
                    }
                }
                catch (VitrineException e)
                {
                    refused++;
                    if (e.Message.Contains("too many elements", StringComparison.Ordinal)
                        || (e.Message.Contains('\n', StringComparison.Ordinal) && e is not WeightException))
                    {
                        faults.Add($"{key} = {value ?? "missing"}: {e.Message}");
                    }
                }
                catch (Exception e)
                {
                    faults.Add($"{key} = {value ?? "missing"}: {e.GetType().Name}: {e.Message}");
                }
                if (GC.GetAllocatedBytesForCurrentThread() - before is > 256L << 20 and var bytes)
                {
                    faults.Add($"{key} = {value ?? "missing"}: {bytes >> 20} MiB");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
        Assert.True(refused > 50, $"only {refused} refused");
    }
}
