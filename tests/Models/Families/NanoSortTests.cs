using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>
/// A really trained model, minGPT that sorts six letters, from the data of the LLM visualisation by Brendan Bycroft (MIT).
/// </summary>
public class NanoSortTests
{
    [Fact]
    public void NanoSort_RecordedIntermediates_Match()
    {
        using var folder = new TempFolder();
        ITransformer model = Original(folder);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Find("gpt-nano-sort/gpt-nano-sort-t0-partials.json")));
        JsonElement recorded = json.RootElement;
        (float[] ids, int[] shape) = Read(recorded.GetProperty("idx"));
        using ActivationCache cache = model.Cache("*");

        Tensor logits = model.Forward(new() { Ids = Tensor.From([.. ids.Select(id => (int)id)], Shape.Create(shape)) });

        // Everything inside is recorded for block 0. Its heads come before positions there; its scores are masked, as ours.
        (string Theirs, Tensor Ours)[] pairs =
        [
            ("tok_emb", cache["hook_embed"]),
            ("pos_emb", cache["hook_pos_embed"]),
            ("x", cache["blocks.0.hook_resid_pre"]),
            ("ln1", cache["blocks.0.ln1.hook_normalized"]),
            ("q", cache["blocks.0.attn.hook_q"].Permute(0, 2, 1, 3)),
            ("k", cache["blocks.0.attn.hook_k"].Permute(0, 2, 1, 3)),
            ("v", cache["blocks.0.attn.hook_v"].Permute(0, 2, 1, 3)),
            ("qkv", TensorOps.Concat(-1,
                [.. "qkv".Select(c => cache[$"blocks.0.attn.hook_{c}"].Reshape([shape[0], shape[1], model.Info.DModel]))])),
            ("att", cache["blocks.0.attn.hook_attn_scores"]),
            ("attSm", cache["blocks.0.attn.hook_pattern"]),
            ("y", cache["blocks.0.attn.hook_z"].Reshape([shape[0], shape[1], model.Info.DModel])),
            ("yProj", cache["blocks.0.hook_attn_out"]),
            ("attnResid", cache["blocks.0.hook_resid_mid"]),
            ("ln2", cache["blocks.0.ln2.hook_normalized"]),
            ("fc", cache["blocks.0.mlp.hook_pre"]),
            ("gelu", cache["blocks.0.mlp.hook_post"]),
            ("mlp", cache["blocks.0.hook_mlp_out"]),
            ("mlpResid", cache["blocks.0.hook_resid_post"]),
            ("block0", cache["blocks.0.hook_resid_post"]),
            ("block1", cache["blocks.1.hook_resid_post"]),
            ("block2", cache["blocks.2.hook_resid_post"]),
            ("ln_f", cache["ln_final.hook_normalized"]),
            ("lm_head", logits),
            ("probs", logits.Softmax()),
        ];
        string[] tensors = [.. recorded.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object
            && p.Value.TryGetProperty("shape", out _)).Select(p => p.Name)];
        Assert.Equal(tensors.Except(["idx"]).Order(), pairs.Select(p => p.Theirs).Order());
        foreach ((string theirs, Tensor ours) in pairs)
        {
            (float[] expected, int[] expectedShape) = Read(recorded.GetProperty(theirs));
            Assert.Equal(expectedShape, ours.Shape.Axes.ToArray());
            TensorAssert.Close(ours.ToArray(), expected, rtol: 1e-4, atol: 1e-5, what: theirs);
        }
    }

    [Fact]
    public void NanoSort_SafetensorsWithoutAttentionBiases_LoadsAndSaysSo()
    {
        ITransformer model = ModelLoader.Load(DataFolder.Find("gpt-nano-sort"));

        Assert.Contains(model.Notices, notice => notice.Contains("transformer.h.0.attn.c_attn.bias", StringComparison.Ordinal));
    }

    [Fact]
    public void NanoSort_EverySequence_ComesOutSorted()
    {
        using var folder = new TempFolder();
        var model = (IGenerator)Original(folder);
        int[][] inputs = [.. Enumerable.Range(0, 729)
            .Select(n => (int[])[n / 243 % 3, n / 81 % 3, n / 27 % 3, n / 9 % 3, n / 3 % 3, n % 3])];

        GenerationResult result = model.Generate(ModelInput.Batch(inputs, pad: 0), new() { MaxNewTokens = 6 }, null,
            TestContext.Current.CancellationToken);

        int sorted = Enumerable.Range(0, inputs.Length).Count(i => inputs[i].Order().SequenceEqual(result.Sequences[i].Tokens));
        Assert.Equal(inputs.Length, sorted);
    }

    /// <summary>
    /// The model from its original JSON: the safetensors file next to it has lost the biases of c_attn. There matrices are stored as
    /// [d_out, d_in], and the causal masks among the weights are called attn.bias.
    /// </summary>
    private static ITransformer Original(TempFolder folder)
    {
        File.Copy(DataFolder.Find("gpt-nano-sort/config.json"), folder.File("config.json"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Find("gpt-nano-sort/gpt-nano-sort-model.json")));
        SafetensorsWriter.Save(folder.File("model.safetensors"), json.RootElement.EnumerateObject()
            .Where(p => p.Name != "config" && !p.Name.EndsWith(".attn.bias", StringComparison.Ordinal))
            .Select(p =>
            {
                (float[] values, int[] shape) = Read(p.Value);
                Tensor tensor = Tensor.From(values, Shape.Create(shape));
                bool matrix = p.Name.Contains(".h.", StringComparison.Ordinal) && shape.Length == 2;
                return new WeightData(p.Name, matrix ? tensor.Transpose() : tensor);
            }));
        return ModelLoader.Load(folder.Path);
    }

    private static (float[] Values, int[] Shape) Read(JsonElement tensor)
    {
        byte[] bytes = tensor.GetProperty("data").GetBytesFromBase64();
        float[] values = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
        return (values, [.. tensor.GetProperty("shape").EnumerateArray().Select(x => x.GetInt32())]);
    }
}
