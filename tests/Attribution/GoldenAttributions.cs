namespace Vitrine.Tests.Attributions;

/// <summary>Which code checks the cases of attribution methods: rows of <see cref="GoldenHandlers"/>.</summary>
internal static class GoldenAttributions
{
    public static readonly (string Pattern, GoldenHandlers.Handler Run)[] Rows =
    [
        ("attr*/output", GoldenGradients.Output),
        ("attr*/saliency", GoldenGradients.Saliency),
        ("attr*/input_x_gradient", GoldenGradients.InputXGradient),
        ("attr_joint/ig", GoldenGradients.Joint),
        ("attr*/ig*", GoldenGradients.IntegratedGradients),
        ("attr*/deeplift*", GoldenGradients.DeepLift),
        ("attr*/gradient_shap", GoldenSampling.GradientShap),
        ("attr*/noise_tunnel/*", GoldenSampling.NoiseTunnel),
        ("attr*/layer_ig_three_embeddings", GoldenLayers.ThreeEmbeddings),
        ("attr*/layer_ig_bert_embeddings_tutorial", GoldenLayers.Tutorial),
        ("attr*/layer/*", GoldenLayers.Layer),
        ("attr*/conductance/*", GoldenLayers.Conductance),
        ("llm/gradient/*", GoldenLayers.LanguageGradient),
        ("attr*/occlusion/*", GoldenPerturbations.Occlusion),
        ("attr*/feature_ablation/*", GoldenPerturbations.FeatureAblation),
        ("attr*/shapley_exact", GoldenPerturbations.ShapleyValues),
        ("attr*/shapley_sampling", GoldenPerturbations.ShapleyValueSampling),
        ("attr*/lime/*", GoldenPerturbations.Lime),
        ("attr*/kernel_shap", GoldenPerturbations.KernelShap),
        ("llm/feature_ablation*", GoldenLanguage.FeatureAblation),
        ("llm/shapley*", GoldenLanguage.Shapley),
        ("llm/lime_kernelshap", GoldenLanguage.LimeAndKernelShap),
        ("attention_rollout", GoldenGradients.Rollout),
        ("inseq/*/saliency*", GoldenInseq.Run),
        ("inseq/*/input_x_gradient*", GoldenInseq.Run),
        ("inseq/*/integrated_gradients*", GoldenInseq.Run),
        ("inseq/*/deeplift*", GoldenInseq.Run),
        ("inseq/*/layer_gradient_x_activation", GoldenInseq.Run),
        ("inseq/*/sequential_integrated_gradients", GoldenInseq.Run),
        ("inseq/*/attention", GoldenInseq.Run),
        ("inseq/*/value_zeroing", GoldenInseq.Run),
        ("inseq/*/occlusion", GoldenInseq.Run),
        ("inseq/*/contrast_prob_diff", GoldenInseq.Run),
        ("inseq/*/entropy", GoldenInseq.Run),
        ("inseq/*", GoldenInseq.Run),
        ("internals/*", GoldenInternals.Run),
        .. GoldenAuthors.Rows,
    ];
}
