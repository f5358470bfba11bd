namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>A table of F tests, one for each fixed term.</summary>
[<StructuredFormatDisplay("{Display}")>]
type Anova = {
    Type: HypothesisType
    /// How the denominator df were found.
    Method: DegreesOfFreedomMethod
    /// The terms in the order of the model, by R's names of them.
    Tests: JointTest list
} with

    member private this.Display =
        let method = DegreesOfFreedomMethod.describe this.Method
        Display.below $"Type {this.Type} tests, {method}" (this.Tests |> List.map string |> Display.few)

    /// The tests of the terms, one in a line.
    override this.ToString() = this.Display


/// <summary>ANOVA tables of fixed terms.</summary>
[<RequireQualifiedAccess>]
module Anova =

    let private lastIsReference method =
        match method with
        | DegreesOfFreedomMethod.Satterthwaite convention
        | DegreesOfFreedomMethod.KenwardRoger convention -> convention.LastIsReference
        | _ -> false

    /// <summary>The table of a fit that has been made ready for tests.</summary>
    let ofInference kind (inference: Inference) : Anova = {
        Type = kind
        Method = inference.Method
        Tests =
            AnovaHypotheses.create kind (lastIsReference inference.Method) inference.Fit.Design
            |> List.map (fun (term, rows) ->
                let zeros = Array.zeroCreate<float> rows.Length
                Inference.jointOfKept (TermText.deparse term) rows zeros inference)
    }

    /// <summary>The table of a fit.</summary>
    /// <param name="kind">Type I, II or III.</param>
    /// <param name="method">How to find the denominator df.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The table, or why the method does not apply to the fit.</returns>
    let table kind (method: DegreesOfFreedomMethod) (fit: Fit) : Result<Anova, LmmError list> =
        Inference.create method fit |> Result.map (ofInference kind)
