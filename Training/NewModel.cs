using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// Makes model folders as Hugging Face's <c>save_pretrained</c> would: config, tokenizer, and how to generate; weights come from training.
/// </summary>
public static class NewModel
{
    private static readonly JsonSerializerOptions s_indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A BERT and its WordPiece vocabulary.</summary>
    /// <param name="folder">Made when it is absent.</param>
    /// <param name="architecture">Its class: <c>BertForSequenceClassification</c>, <c>BertForQuestionAnswering</c>,
    /// <c>BertForMaskedLM</c>.</param>
    /// <param name="vocabulary">Its pieces; begins with the five special tokens.</param>
    /// <param name="sizes">Its sizes.</param>
    /// <param name="labels">Names of the classes; empty for other heads.</param>
    public static void Bert(string folder, string architecture, Vocabulary vocabulary, ModelSizes sizes, IReadOnlyList<string> labels)
    {
        Directory.CreateDirectory(folder);
        vocabulary.WriteText(Path.Combine(folder, "vocab.txt"));
        Write(folder, "tokenizer_config.json", new()
        {
            ["tokenizer_class"] = "BertTokenizer",
            ["do_lower_case"] = true,
            ["model_max_length"] = sizes.MaxPositions,
            ["pad_token"] = "[PAD]",
            ["unk_token"] = "[UNK]",
            ["cls_token"] = "[CLS]",
            ["sep_token"] = "[SEP]",
            ["mask_token"] = "[MASK]",
        });
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(architecture),
            ["model_type"] = "bert",
            ["vocab_size"] = vocabulary.Count,
            ["hidden_size"] = sizes.DModel,
            ["num_hidden_layers"] = sizes.NLayers,
            ["num_attention_heads"] = sizes.NHeads,
            ["intermediate_size"] = sizes.StoredDMlp,
            ["hidden_act"] = "gelu",
            ["hidden_dropout_prob"] = 0.1,
            ["attention_probs_dropout_prob"] = 0.0,
            ["max_position_embeddings"] = sizes.MaxPositions,
            ["type_vocab_size"] = 2,
            ["initializer_range"] = 0.02,
            ["layer_norm_eps"] = 1e-12,
            ["pad_token_id"] = 0,
            ["torch_dtype"] = "float16",
        };
        Name(config, labels);
        Write(folder, "config.json", config);
    }

    /// <summary>A GPT-2 and its byte-level vocabulary.</summary>
    /// <param name="folder">Made when it is absent.</param>
    /// <param name="vocabulary">Its pieces and merges; the last piece ends a text.</param>
    /// <param name="sizes">Its sizes.</param>
    public static void Gpt2(string folder, BytePairVocabulary vocabulary, ModelSizes sizes)
    {
        Directory.CreateDirectory(folder);
        vocabulary.Write(folder);
        const string End = BytePairVocabulary.EndOfText;
        int end = vocabulary.Pieces.Count - 1;
        Write(folder, "tokenizer_config.json", new()
        {
            ["tokenizer_class"] = "GPT2Tokenizer",
            ["add_prefix_space"] = false,
            ["clean_up_tokenization_spaces"] = false,
            ["model_max_length"] = sizes.MaxPositions,
            ["bos_token"] = End,
            ["eos_token"] = End,
            ["unk_token"] = End,
        });
        Write(folder, "config.json", new()
        {
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["model_type"] = "gpt2",
            ["vocab_size"] = vocabulary.Pieces.Count,
            ["n_embd"] = sizes.DModel,
            ["n_layer"] = sizes.NLayers,
            ["n_head"] = sizes.NHeads,
            ["n_inner"] = sizes.StoredDMlp,
            ["n_positions"] = sizes.MaxPositions,
            ["n_ctx"] = sizes.MaxPositions,
            ["activation_function"] = "gelu_new",
            ["embd_pdrop"] = 0.1,
            ["attn_pdrop"] = 0.0,
            ["resid_pdrop"] = 0.1,
            ["initializer_range"] = 0.02,
            ["layer_norm_epsilon"] = 1e-5,
            ["bos_token_id"] = end,
            ["eos_token_id"] = end,
            ["torch_dtype"] = "float16",
        });
        Write(folder, "generation_config.json", new() { ["bos_token_id"] = end, ["eos_token_id"] = end, ["pad_token_id"] = end });
    }

    /// <summary>A Marian over SentencePiece models that exist.</summary>
    /// <param name="folder">Made when it is absent.</param>
    /// <param name="tokenizer">A folder with <c>source.spm</c>, <c>target.spm</c>, and perhaps <c>vocab.json</c>; without, it is made by
    /// <see cref="MarianVocabulary.Join"/>.</param>
    /// <param name="sizes">Its sizes.</param>
    public static void Marian(string folder, string tokenizer, ModelSizes sizes)
    {
        Vocabulary? joined = File.Exists(Path.Combine(tokenizer, "vocab.json")) ? null : MarianVocabulary.Join(tokenizer);
        CopyWithoutWeights(tokenizer, folder);
        joined?.WriteJson(Path.Combine(folder, "vocab.json"));
        MarianTokenizer pieces = MarianTokenizer.Read(folder);
        Write(folder, "tokenizer_config.json", new()
        {
            ["tokenizer_class"] = "MarianTokenizer",
            ["model_max_length"] = sizes.MaxPositions,
            ["unk_token"] = "<unk>",
            ["eos_token"] = "</s>",
            ["pad_token"] = "<pad>",
        });
        Write(folder, "config.json", new()
        {
            ["architectures"] = new JsonArray("MarianMTModel"),
            ["model_type"] = "marian",
            ["is_encoder_decoder"] = true,
            ["vocab_size"] = pieces.Vocabulary.Count,
            ["decoder_vocab_size"] = pieces.Vocabulary.Count,
            ["d_model"] = sizes.DModel,
            ["encoder_layers"] = sizes.NLayers,
            ["decoder_layers"] = sizes.NLayers,
            ["encoder_attention_heads"] = sizes.NHeads,
            ["decoder_attention_heads"] = sizes.NHeads,
            ["encoder_ffn_dim"] = sizes.StoredDMlp,
            ["decoder_ffn_dim"] = sizes.StoredDMlp,
            ["activation_function"] = "swish",
            ["scale_embedding"] = true,
            ["static_position_embeddings"] = true,
            ["normalize_before"] = false,
            ["share_encoder_decoder_embeddings"] = true,
            ["tie_word_embeddings"] = true,
            ["max_position_embeddings"] = sizes.MaxPositions,
            ["dropout"] = 0.1,
            ["init_std"] = 0.02,
            ["eos_token_id"] = pieces.Special.Eos,
            ["forced_eos_token_id"] = pieces.Special.Eos,
            ["pad_token_id"] = pieces.Special.Pad,
            ["decoder_start_token_id"] = pieces.Special.Pad,
            ["torch_dtype"] = "float16",
        });
        Write(folder, "generation_config.json", new()
        {
            ["decoder_start_token_id"] = pieces.Special.Pad,
            ["eos_token_id"] = pieces.Special.Eos,
            ["forced_eos_token_id"] = pieces.Special.Eos,
            ["pad_token_id"] = pieces.Special.Pad,
            ["bad_words_ids"] = new JsonArray(new JsonArray((JsonNode?)pieces.Special.Pad)),
            ["num_beams"] = 4,
            ["max_length"] = sizes.MaxPositions,
        });
    }

    /// <summary>
    /// Begins a model with another head on the body of one that is trained: config and tokenizer of the latter with another architecture,
    /// its weights where both have them, random
    /// ones elsewhere.
    /// </summary>
    /// <param name="from">The folder of a BERT.</param>
    /// <param name="body">What it holds.</param>
    /// <param name="folder">Made when it is absent.</param>
    /// <param name="architecture">As in config.json: <c>BertForSequenceClassification</c>.</param>
    /// <param name="labels">Of a classifier; else empty.</param>
    /// <param name="seed">Of the random weights.</param>
    /// <param name="deviation">Of the random weights.</param>
    public static ITransformer OnBody(string from, ITransformer body, string folder, string architecture, IReadOnlyList<string> labels,
        int seed, double deviation = InitialWeights.StandardDeviation)
    {
        CopyWithoutWeights(from, folder);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(from, "config.json")))!.AsObject();
        config["architectures"] = new JsonArray(architecture);
        Name(config, labels);
        Write(folder, "config.json", config);
        ITransformer model = Start(folder, seed, deviation);
        Dictionary<string, Parameter> learned = body.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (Parameter parameter in model.Parameters)
        {
            if (learned.TryGetValue(parameter.Name, out Parameter? same) && same.Shape == parameter.Shape)
            {
                parameter.Value = same.Value;
            }
        }
        return model;
    }

    private static void Name(JsonObject config, IReadOnlyList<string> labels)
    {
        if (labels.Count > 0)
        {
            config["id2label"] = new JsonObject(labels.Select((label, id) =>
                KeyValuePair.Create(id.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)label)));
            config["label2id"] = new JsonObject(labels.Select((label, id) => KeyValuePair.Create(label, (JsonNode?)id)));
        }
    }

    /// <summary>
    /// Copies the files of a model folder that say what it is, config and tokenizer; not the list of files that its weights are in.
    /// </summary>
    /// <param name="from">A model folder.</param>
    /// <param name="to">Made when it is absent.</param>
    public static void CopyWithoutWeights(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from).Where(file => Path.GetExtension(file) is ".json" or ".txt" or ".spm"
            && !file.EndsWith(".index.json", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    /// <summary>Writes the class and the labels of a model into a folder's config where it names another, as that of an adapter's base
    /// does.</summary>
    /// <param name="folder">A folder with <c>config.json</c>.</param>
    /// <param name="model">What is in it.</param>
    public static void NameClass(string folder, ModelInfo model)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        if (config["architectures"] is JsonArray { Count: > 0 } named && (string?)named[0] == model.Architecture)
        {
            return;
        }
        config["architectures"] = new JsonArray(model.Architecture);
        Name(config, model.Labels);
        Write(folder, "config.json", config);
    }

    /// <summary>Loads a folder that was just made, with random weights.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="deviation">Of the weights; see <see cref="InitialWeights.Fill"/>.</param>
    public static ITransformer Start(string folder, int seed, double deviation = InitialWeights.StandardDeviation)
    {
        ITransformer model = ModelLoader.Create(folder);
        InitialWeights.Fill(model, seed, deviation);
        return model;
    }

    /// <summary>
    /// Sets the feed-forward layers of a model to zero: what is left is attention only. Freeze <see cref="FeedForward"/> to keep it so.
    /// </summary>
    public static void RemoveFeedForward(ITransformer model)
    {
        foreach (Parameter parameter in model.Parameters.Where(p => Pattern.Matches(FeedForward, p.Name)))
        {
            parameter.Value = Tensor.Zeros(parameter.Value.Shape);
        }
    }

    /// <summary>The parameters of all feed-forward layers.</summary>
    public const string FeedForward = "*.mlp.*";

    internal static void Write(string folder, string name, JsonObject json) =>
        AtomicFile.WriteText(Path.Combine(folder, name), json.ToJsonString(s_indented) + "\n");
}
