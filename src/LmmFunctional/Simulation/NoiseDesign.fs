namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A model met with its data before there is a response: with noise in its place.</summary>
/// <remarks>Noise depends on no column of X, so that what is made with it suits any response.</remarks>
[<RequireQualifiedAccess>]
module internal NoiseDesign =

    let private freeName (frame: Frame) name =
        Seq.initInfinite (fun k -> name + String.replicate k "'")
        |> Seq.find (fun name -> (frame.TryColumn name).IsNone)

    /// <summary>The design of a model whose response is not looked at.</summary>
    /// <param name="known">The matrices that relate levels.</param>
    /// <param name="spec">The model.</param>
    /// <param name="frame">The data.</param>
    /// <param name="isMissing">Rows that are left out because their response is missing.</param>
    /// <returns>The design, or what is wrong with model and data.</returns>
    let build known (spec: LmmSpec) (frame: Frame) (isMissing: int -> bool) : Result<Design, LmmError list> =
        let stream = RandomStream(0UL, 0)

        let values =
            Array.init frame.Rows (fun row ->
                let value = stream.NextNormal()
                if isMissing row then nan else value)

        let name = freeName frame "response"

        Frame.withColumn name (Column.ofOwnedFloats values) frame
        |> Result.bind (
            Design.buildWith known {
                spec with
                    Response = Expr.Column name
            }
        )
