namespace LmmFunctional.Properties

open FsCheck.FSharp

/// <summary>Random models and random points, as FsCheck's <c>Arbitrary</c> takes them.</summary>
type RandomModels =

    /// Models of any kind with 50 to 80 rows.
    static member RandomModel() =
        Arb.fromGenShrink (RandomModel.gen, RandomModel.shrink)

    /// Models whose random effects are as large as their residuals.
    static member RegularModel() =
        RandomModel.gen
        |> Gen.map (fun model -> RegularModel { model with Size = 1.0 })
        |> Arb.fromGen

    /// Values of θ, regular and singular.
    static member RandomPoint() =
        gen {
            let! seed = Gen.choose (0, 1_000_000)
            let! make = Gen.elements [ Inside; Inside; WithZeros; WithSingularFactors; NearZero ]
            return make seed
        }
        |> Arb.fromGen

/// <summary>Random models of few rows, for laws that form n×n matrices.</summary>
type SmallModels =

    /// Models of any kind without structures, with 32 to 40 rows.
    static member RandomModel() =
        Arb.fromGenShrink (RandomModel.genSized 32 40, RandomModel.shrink)

/// <summary>Random models of few rows with structured residuals, structured random terms, related levels or variances held.
/// </summary>
type StructuredSmallModels =

    /// Models with 36 to 44 rows.
    static member RandomModel() =
        Arb.fromGenShrink (RandomModel.genStructured 36 44, RandomModel.shrink)
