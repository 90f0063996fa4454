using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>What every family promises in addition to its numbers, and what it refuses.</summary>
public class ModelTests
{
    public static TheoryData<string> Families() => [.. TinyModels.Families];

    public static TheoryData<string, string, ModelTask, int[]> Heads() => new()
    {
        { "bert", "BertForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "bert", "BertForTokenClassification", ModelTask.TokenClassification, [2, 7, 3] },
        { "bert", "BertForQuestionAnswering", ModelTask.QuestionAnswering, [2, 7, 2] },
        { "bert", "BertForMaskedLM", ModelTask.MaskedLanguageModel, [2, 7, 50] },
        { "bert", "BertModel", ModelTask.None, [2, 7, 16] },
        { "gpt2", "GPT2ForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "gpt2", "GPT2LMHeadModel", ModelTask.CausalLanguageModel, [2, 7, 50] },
        { "gpt2", "GPT2Model", ModelTask.None, [2, 7, 16] },
        { "llama", "LlamaForCausalLM", ModelTask.CausalLanguageModel, [2, 7, 50] },
        { "marian", "MarianMTModel", ModelTask.SequenceToSequence, [2, 5, 50] },
        { "distilbert", "DistilBertForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "distilbert", "DistilBertForQuestionAnswering", ModelTask.QuestionAnswering, [2, 7, 2] },
        { "distilbert", "DistilBertModel", ModelTask.None, [2, 7, 16] },
        { "roberta", "RobertaForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "roberta", "RobertaForTokenClassification", ModelTask.TokenClassification, [2, 7, 3] },
        { "electra", "ElectraForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "electra", "ElectraForPreTraining", ModelTask.TokenClassification, [2, 7, 1] },
        { "electra", "ElectraForMaskedLM", ModelTask.MaskedLanguageModel, [2, 7, 50] },
        { "bart", "BartForConditionalGeneration", ModelTask.SequenceToSequence, [2, 5, 50] },
        { "bart", "BartForQuestionAnswering", ModelTask.QuestionAnswering, [2, 7, 2] },
        { "mbart", "MBartForConditionalGeneration", ModelTask.SequenceToSequence, [2, 5, 50] },
        { "m2m_100", "M2M100ForConditionalGeneration", ModelTask.SequenceToSequence, [2, 5, 50] },
        { "t5", "T5ForConditionalGeneration", ModelTask.SequenceToSequence, [2, 5, 50] },
        { "mt5", "MT5ForConditionalGeneration", ModelTask.SequenceToSequence, [2, 5, 50] },
        { "deberta-v2", "DebertaV2ForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "deberta-v2", "DebertaV2ForMaskedLM", ModelTask.MaskedLanguageModel, [2, 7, 50] },
        { "modernbert", "ModernBertForSequenceClassification", ModelTask.SequenceClassification, [2, 3] },
        { "modernbert", "ModernBertForTokenClassification", ModelTask.TokenClassification, [2, 7, 3] },
        { "modernbert", "ModernBertForQuestionAnswering", ModelTask.QuestionAnswering, [2, 7, 2] },
        { "modernbert", "ModernBertForMaskedLM", ModelTask.MaskedLanguageModel, [2, 7, 50] },
        { "modernbert", "ModernBertModel", ModelTask.None, [2, 7, 16] },
        { "albert", "AlbertForPreTraining", ModelTask.MaskedLanguageModel, [2, 7, 50] },
        { "albert", "AlbertForTokenClassification", ModelTask.TokenClassification, [2, 7, 3] },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public void Forward_Head_HasTaskAndShape(string family, string architecture, ModelTask task, int[] shape)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family, architecture);

        Tensor output = model.Forward(TinyInputs.For(model));

        Assert.Equal(task, model.Info.Task);
        Assert.Equal(shape, output.Shape.Axes.ToArray());
        Assert.All(output.ToArray(), x => Assert.True(float.IsFinite(x)));
        Assert.Empty(model.Weights.Unused);
        Assert.Empty(model.Notices);
    }

    /// <summary>
    /// The settings that transformers 5.12 writes by default in addition to those of <see cref="TinyModels"/>, and where it puts them
    /// elsewhere than 4 did.
    /// </summary>
    [Theory]
    [InlineData("bert",
        """{"dtype": "float32", "add_cross_attention": false, "is_decoder": false, "tie_word_embeddings": true, "use_cache": true, "bos_token_id": null, "classifier_dropout": null}""")]
    [InlineData("gpt2",
        """{"dtype": "float32", "add_cross_attention": false, "tie_word_embeddings": true, "reorder_and_upcast_attn": false, "summary_activation": null, "summary_type": "cls_index"}""")]
    [InlineData("llama",
        """{"dtype": "bfloat16", "rope_theta": null, "rope_parameters": {"rope_theta": 500.0, "rope_type": "default"}, "head_dim": 4, "pretraining_tp": 1, "mlp_bias": false}""")]
    [InlineData("marian",
        """{"dtype": "float32", "tie_word_embeddings": true, "share_encoder_decoder_embeddings": true, "is_decoder": false, "decoder_vocab_size": 50, "bos_token_id": null}""")]
    public void Config_AsTransformers5WritesIt_MeansTheSame(string family, string settings)
    {
        using TempFolder earlier = new(), folder = new();
        ITransformer before = TinyModels.Load(earlier.Path, family, edit: config => config["rope_theta"] = 500.0); // only Llama looks at it
        File.WriteAllText(folder.File("generation_config.json"),
            """{"_from_model_config": true, "eos_token_id": 2, "output_attentions": false, "use_cache": true, "transformers_version": "5.12.1"}""");

        ITransformer model = TinyModels.Load(folder.Path, family, edit: config =>
        {
            foreach ((string name, JsonNode? value) in JsonNode.Parse(settings)!.AsObject())
            {
                config[name] = value?.DeepClone();
            }
        });

        Assert.Equal(before.Forward(TinyInputs.For(before)).ToArray(), model.Forward(TinyInputs.For(model)).ToArray());
        Assert.Empty(model is IGenerator writer ? writer.GenerationDefaults.Unsupported : []);
    }

    [Theory]
    [InlineData("""{"model": {"type": "WordLevel", "vocab": []}}""")]
    [InlineData("""{"pre_tokenizer": {"type": "UnicodeScripts"}, "model": {"type": "BPE", "byte_fallback": true, "vocab": {}, "merges": []}}""")]
    public void Load_TokenizerJsonOfAnotherKind_GivesAModelWithoutOneAndSaysWhy(string json)
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "llama");
        File.WriteAllText(folder.File("tokenizer.json"), json);

        ITransformer model = ModelLoader.Load(folder.Path);

        Assert.Null(model.Tokenizer);
        Assert.Contains("unsupported parts", Assert.Single(model.Notices), StringComparison.Ordinal);

        File.WriteAllText(folder.File("tokenizer.json"), "{");
        Assert.Contains("not JSON", Assert.Throws<TokenizerException>(() => ModelLoader.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert", "BertForMultipleChoice")]
    [InlineData("distilbert", "DistilBertForMultipleChoice")]
    [InlineData("roberta", "RobertaForMultipleChoice")]
    [InlineData("electra", "ElectraForMultipleChoice")]
    [InlineData("albert", "AlbertForMultipleChoice")]
    [InlineData("deberta-v2", "DebertaV2ForMultipleChoice")]
    public void MultipleChoice_EachChoice_IsScoredAlone(string family, string architecture)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family, architecture);
        int[] ids = [5, 9, 13, 7, 30, 41, 3, 8, 8, 17, 22, 6];

        Tensor together = model.Forward(new() { Ids = Tensor.From(ids, [1, 3, 4]) });
        float[] alone = [.. ids.Chunk(4).Select(choice => model.Forward(new() { Ids = Tensor.From(choice, [1, 1, 4]) }).Item())];

        Assert.Equal([1, 3], together.Shape.Axes.ToArray());
        TensorAssert.Close(together.ToArray(), alone);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_EmbeddingsOfIds_SameBitsAsIds(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = TinyInputs.For(model);

        Assert.Equal(model.Forward(input).ToArray(), model.Forward(TinyInputs.Embedded(model, input)).ToArray());
    }

    [Theory]
    [InlineData("bert", "BertForSequenceClassification", false)]
    [InlineData("albert", "AlbertForSequenceClassification", false)]
    [InlineData("roberta", "RobertaForSequenceClassification", false)]
    [InlineData("deberta-v2", "DebertaV2ForSequenceClassification", false)]
    [InlineData("modernbert", "ModernBertForSequenceClassification", false)]
    [InlineData("gpt2", "GPT2ForSequenceClassification", false)]
    [InlineData("gpt2", "GPT2ForSequenceClassification", true)]
    public void Forward_PaddedBatch_EqualsOneByOne(string family, string architecture, bool left)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family, architecture);
        int[][] texts = [[5, 9, 13, 7, 30], [3, 8], [17, 22, 6, 40]];

        float[] together = model.Forward(ModelInput.Batch(texts, model.Info.PadId ?? 0, left)).ToArray();

        TensorAssert.Close(together, (float[])[.. texts.SelectMany(text => model.Forward(ModelInput.Of(text)).ToArray())]);
    }

    [Fact]
    public void Marian_OneSourceManyTargets_EqualsRepeatedSource()
    {
        using var folder = new TempFolder();
        var model = (EncoderDecoder)TinyModels.Load(folder.Path, "marian");
        ModelInput target = new() { Ids = Tensor.From([49, 4, 12, 49, 20, 7], [2, 3]) };

        Tensor shared = model.Forward(ModelInput.Of(5, 9, 13) with { Target = target });
        Tensor encoded = model.Forward(new() { Encoded = model.Encode(ModelInput.Of(5, 9, 13)), Target = target });
        Tensor repeated = model.Forward(new() { Ids = Tensor.From([5, 9, 13, 5, 9, 13], [2, 3]), Target = target });

        TensorAssert.Close(shared.ToArray(), repeated.ToArray());
        Assert.Equal(shared.ToArray(), encoded.ToArray());
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert")]
    [InlineData("llama")]
    [InlineData("marian")]
    public void Logits_OfOneWord_EqualsItsColumn(string family)
    {
        using var folder = new TempFolder();
        var model = (ILanguageModel)TinyModels.Load(folder.Path, family);
        Tensor hidden = model.Hidden(TinyInputs.For(model)).Select(1, 4);
        float[] all = model.Logits(hidden).ToArray();

        float[] some = model.Logits(hidden, Tensor.From([31, 2], [2])).ToArray();

        TensorAssert.Close(some, (float[])[all[31], all[50 + 2]]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Save_ModelLoadedAgain_SameBits(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        float[] before = model.Forward(TinyInputs.For(model)).ToArray();

        ParameterLayout.Save(model, folder.File("model.safetensors"));

        ITransformer again = ModelLoader.Load(folder.Path);
        Assert.Equal(before, again.Forward(TinyInputs.For(again)).ToArray());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_TokenOutOfRange_IsRefused(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);

        foreach (int id in new[] { -1, 50 })
        {
            ModelInput input = TinyInputs.For(model) with { Ids = Tensor.From([3, id], [1, 2]) };
            Assert.Contains("expected 0..49", Assert.Throws<ShapeException>(() => model.Forward(input)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Forward_TooManyTokens_SaysTheLimit()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2");

        Assert.Contains("at most 24", Assert.Throws<ShapeException>(() => model.Forward(ModelInput.Of(new int[25]))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert", "position_embedding_type", "\"relative_key\"")]
    [InlineData("bert", "is_decoder", "true")]
    [InlineData("bert", "hidden_act", "\"mish\"")]
    [InlineData("bert", "num_attention_heads", "3")]
    [InlineData("gpt2", "add_cross_attention", "true")]
    [InlineData("gpt2", "activation_function", "\"snake\"")]
    [InlineData("gpt2", "n_layer", "-1")]
    [InlineData("gpt2", "architectures", "[\"GPT2DoubleHeadsModel\"]")]
    [InlineData("llama", "rope_type", "{\"type\": \"dynamic\", \"factor\": 2.0}", "rope_scaling")]
    [InlineData("llama", "longrope", "{\"rope_type\": \"longrope\"}", "rope_parameters")]
    [InlineData("llama", "factor", "{\"rope_type\": \"linear\"}", "rope_scaling")]
    [InlineData("llama", "high_freq_factor", "{\"rope_type\": \"llama3\", \"factor\": 8.0, \"high_freq_factor\": 1}", "rope_scaling")]
    [InlineData("llama", "num_key_value_heads", "3")]
    [InlineData("llama", "head_dim", "3")]
    [InlineData("marian", "normalize_before", "true")]
    [InlineData("marian", "static_position_embeddings", "false")]
    [InlineData("gpt2", "quantization_config", "{\"bits\": 4}")]
    [InlineData("gpt2", "model_type", "\"rwkv\"")]
    public void Load_SettingThatIsNotSupported_IsRefusedByName(string family, string key, string value, string? outer = null)
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, family, edit: config => config[outer ?? key] = JsonNode.Parse(value));

        VitrineException e = Assert.ThrowsAny<VitrineException>(() => ModelLoader.Load(folder.Path));

        Assert.True(e.Message.Contains(key, StringComparison.Ordinal)
            || e.Message.Contains(value.Trim('"'), StringComparison.Ordinal), e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("scale_attn_weights", "false")]
    [InlineData("scale_attn_by_inverse_layer_idx", "true")]
    [InlineData("activation_function", "\"relu\"")]
    [InlineData("layer_norm_epsilon", "0.5")]
    public void Load_Gpt2Setting_ChangesTheResult(string key, string value)
    {
        using TempFolder plainFolder = new(), changedFolder = new();
        ITransformer plain = TinyModels.Load(plainFolder.Path, "gpt2"),
            changed = TinyModels.Load(changedFolder.Path, "gpt2", edit: config => config[key] = JsonNode.Parse(value));

        Assert.NotEqual(plain.Forward(TinyInputs.For(plain)).ToArray(), changed.Forward(TinyInputs.For(plain)).ToArray());
    }

    [Fact]
    public void Load_Gpt2ScaledByLayer_DividesTheScoresOfBlockOneByTwo()
    {
        using TempFolder plainFolder = new(), changedFolder = new();
        ITransformer plain = TinyModels.Load(plainFolder.Path, "gpt2"),
            changed = TinyModels.Load(changedFolder.Path, "gpt2", edit: config => config["scale_attn_by_inverse_layer_idx"] = true);
        foreach (Parameter queries in plain.Parameters.Where(p => p.Name is "blocks.1.attn.W_Q" or "blocks.1.attn.b_Q"))
        {
            queries.Value = queries.Value.Scale(0.5f); // block 0 is divided by 1, block 1 by 2
        }

        TensorAssert.Close(changed.Forward(TinyInputs.For(plain)).ToArray(), plain.Forward(TinyInputs.For(plain)).ToArray(), rtol: 1e-5,
            atol: 1e-6);
    }

    [Fact]
    public void Load_LlamaAttentionBias_IsUsed()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "llama", edit: config => config["attention_bias"] = true);

        Assert.Contains(model.Parameters, p => p.Name == "blocks.0.attn.b_O");
        Assert.Empty(model.Weights.Unused);
    }

    [Fact]
    public void Load_NotAModelFolder_SaysWhatIsMissing()
    {
        using var folder = new TempFolder();

        Assert.Contains("no such folder", Assert.Throws<ModelException>(() => ModelLoader.Load(folder.File("none"))).Message,
            StringComparison.Ordinal);
        Assert.Contains("config.json", Assert.Throws<ModelException>(() => ModelLoader.Load(folder.Path)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(folder.File("config.json"), "{ \"model_type\": ");
        Assert.Contains("not JSON", Assert.Throws<ModelException>(() => ModelLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("config.json"), "{ \"model_type\": \"gpt2\" }");
        Assert.Contains("model.safetensors", Assert.Throws<WeightException>(() => ModelLoader.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }
}
