namespace Vitrine;

/// <summary>The names of the attribution methods, as <see cref="ExplainRequest.Methods"/> takes them; <c>docs/METHODS.md</c> says what
/// each is good for.</summary>
public static class Methods
{
    /// <summary>All names, in the order in which <c>vitrine methods</c> lists them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Attributions.AttributionMethods.All.Select(method => method.Name)];

    /// <summary>Simonyan, Vedaldi &amp; Zisserman 2014, Deep inside convolutional networks.</summary>
    public const string Saliency = "saliency";

    /// <summary>Shrikumar et al. 2016, Not just a black box: learning important features through propagating activation
    /// differences.</summary>
    public const string InputXGradient = "input_x_gradient";

    /// <summary>Sundararajan, Taly &amp; Yan 2017, Axiomatic attribution for deep networks.</summary>
    public const string IntegratedGradients = "integrated_gradients";

    /// <summary>Enguehard 2023, Sequential integrated gradients: a simple but effective method for explaining language models.</summary>
    public const string SequentialIntegratedGradients = "sequential_integrated_gradients";

    /// <summary>Sanyal &amp; Ren 2021, Discretized integrated gradients for explaining language models.</summary>
    public const string DiscretizedIntegratedGradients = "discretized_integrated_gradients";

    /// <summary>Erion et al. 2021, Improving performance of deep learning models with axiomatic attribution priors and expected
    /// gradients.</summary>
    public const string GradientShap = "gradient_shap";

    /// <summary>Shrikumar, Greenside &amp; Kundaje 2017, Learning important features through propagating activation differences.</summary>
    public const string DeepLift = "deeplift";

    /// <summary>Lundberg &amp; Lee 2017, A unified approach to interpreting model predictions.</summary>
    public const string DeepLiftShap = "deeplift_shap";

    /// <summary>Smilkov et al. 2017, SmoothGrad: removing noise by adding noise.</summary>
    public const string SmoothGrad = "smoothgrad";

    /// <summary>Hooker et al. 2019, A benchmark for interpretability methods in deep neural networks.</summary>
    public const string SmoothGradSquared = "smoothgrad_squared";

    /// <summary>Adebayo et al. 2018, Local explanation methods for deep neural networks lack sensitivity to parameter values.</summary>
    public const string VarGrad = "vargrad";

    /// <summary>Springenberg et al. 2015, Striving for simplicity: the all convolutional net.</summary>
    public const string GuidedBackprop = "guided_backprop";

    /// <summary>Zeiler &amp; Fergus 2014, Visualizing and understanding convolutional networks.</summary>
    public const string Deconvolution = "deconvolution";

    /// <summary>Edin et al. 2025, GIM: improved interpretability for large language models.</summary>
    public const string Gim = "gim";

    /// <summary>Sundararajan, Taly &amp; Yan 2017, Axiomatic attribution for deep networks.</summary>
    public const string LayerIntegratedGradients = "layer_integrated_gradients";

    /// <summary>Shrikumar et al. 2016, Not just a black box: learning important features through propagating activation
    /// differences.</summary>
    public const string LayerGradientXActivation = "layer_gradient_x_activation";

    /// <summary>Shrikumar, Greenside &amp; Kundaje 2017, Learning important features through propagating activation differences.</summary>
    public const string LayerDeepLift = "layer_deeplift";

    /// <summary>Erion et al. 2021, Improving performance of deep learning models with axiomatic attribution priors and expected
    /// gradients.</summary>
    public const string LayerGradientShap = "layer_gradient_shap";

    /// <summary>Kokhlikyan et al. 2020, Captum: a unified and generic model interpretability library for PyTorch.</summary>
    public const string LayerActivation = "layer_activation";

    /// <summary>Leino et al. 2018, Influence-directed explanations for deep convolutional networks.</summary>
    public const string InternalInfluence = "internal_influence";

    /// <summary>Dhamdhere, Sundararajan &amp; Yan 2019, How important is a neuron?.</summary>
    public const string LayerConductance = "layer_conductance";

    /// <summary>Simonyan, Vedaldi &amp; Zisserman 2014, Deep inside convolutional networks.</summary>
    public const string NeuronGradient = "neuron_gradient";

    /// <summary>Sundararajan, Taly &amp; Yan 2017, Axiomatic attribution for deep networks.</summary>
    public const string NeuronIntegratedGradients = "neuron_integrated_gradients";

    /// <summary>Dhamdhere, Sundararajan &amp; Yan 2019, How important is a neuron?.</summary>
    public const string NeuronConductance = "neuron_conductance";

    /// <summary>Bahdanau, Cho &amp; Bengio 2015, Neural machine translation by jointly learning to align and translate.</summary>
    public const string Attention = "attention";

    /// <summary>Abnar &amp; Zuidema 2020, Quantifying attention flow in transformers.</summary>
    public const string AttentionRollout = "attention_rollout";

    /// <summary>Abnar &amp; Zuidema 2020, Quantifying attention flow in transformers.</summary>
    public const string AttentionFlow = "attention_flow";

    /// <summary>Serrano &amp; Smith 2019, Is attention interpretable?.</summary>
    public const string AttentionXGradient = "attention_x_gradient";

    /// <summary>Chefer, Gur &amp; Wolf 2021, Generic attention-model explainability for interpreting bi-modal and encoder-decoder
    /// transformers.</summary>
    public const string AttentionRelevance = "attention_relevance";

    /// <summary>Mohebbi et al. 2023, Quantifying context mixing in transformers.</summary>
    public const string ValueZeroing = "value_zeroing";

    /// <summary>Ferrando, Gállego &amp; Costa-jussà 2022, Measuring the mixing of contextual information in the transformer.</summary>
    public const string Alti = "alti";

    /// <summary>Ferrando et al. 2023, Explaining how transformers use context to build predictions.</summary>
    public const string AltiLogit = "alti_logit";

    /// <summary>Modarressi et al. 2022, GlobEnc: quantifying global token attribution by incorporating the whole encoder layer in
    /// transformers.</summary>
    public const string GlobEnc = "globenc";

    /// <summary>Modarressi et al. 2023, DecompX: explaining transformers decisions by propagating token decomposition.</summary>
    public const string DecompX = "decompx";

    /// <summary>Kariyappa et al. 2024, Progressive inference: explaining decoder-only sequence classification models using intermediate
    /// predictions.</summary>
    public const string ProgressiveInference = "progressive_inference";

    /// <summary>Zeiler &amp; Fergus 2014, Visualizing and understanding convolutional networks; Li, Monroe &amp; Jurafsky 2016,
    /// Understanding neural networks through representation erasure.</summary>
    public const string FeatureAblation = "feature_ablation";

    /// <summary>Zeiler &amp; Fergus 2014, Visualizing and understanding convolutional networks.</summary>
    public const string Occlusion = "occlusion";

    /// <summary>Shapley 1953, A value for n-person games; Štrumbelj &amp; Kononenko 2010, An efficient explanation of individual
    /// classifications using game theory.</summary>
    public const string ShapleyValues = "shapley_values";

    /// <summary>Castro, Gómez &amp; Tejada 2009, Polynomial calculation of the Shapley value based on sampling; Štrumbelj &amp; Kononenko
    /// 2014, Explaining prediction models and individual predictions with feature contributions.</summary>
    public const string ShapleyValueSampling = "shapley_value_sampling";

    /// <summary>Lundberg &amp; Lee 2017, A unified approach to interpreting model predictions; Covert &amp; Lee 2021, Improving KernelSHAP
    /// (paired sampling).</summary>
    public const string KernelShap = "kernel_shap";

    /// <summary>Owen 1977, Values of games with a priori unions; Lundberg's PartitionExplainer (SHAP).</summary>
    public const string PartitionShap = "partition_shap";

    /// <summary>Ribeiro, Singh &amp; Guestrin 2016, “Why should I trust you?”: explaining the predictions of any classifier.</summary>
    public const string Lime = "lime";

    /// <summary>Breiman 2001, Random forests; Fisher, Rudin &amp; Dominici 2019, All models are wrong, but many are useful.</summary>
    public const string FeaturePermutation = "feature_permutation";

    /// <summary>Fel, Cadène, Chalvidal, Cord, Vigouroux &amp; Serre 2021, Look at the variance! Efficient black-box explanations with
    /// Sobol-based sensitivity analysis.</summary>
    public const string Sobol = "sobol";

    /// <summary>Cohen-Wang, Shah, Georgiev &amp; Mądry 2024, ContextCite: attributing model generation to context.</summary>
    public const string ContextCite = "context_cite";

    /// <summary>Zhao &amp; Shan 2024, ReAGent: a model-agnostic feature attribution method for generative language models.</summary>
    public const string Reagent = "reagent";

    /// <summary>a control: DeYoung et al. 2020, ERASER: a benchmark to evaluate rationalized NLP models.</summary>
    public const string Random = "random";

    /// <summary>a control: every token alike.</summary>
    public const string Constant = "constant";
}
