namespace LmmFunctional

open System.Collections.Immutable

/// <summary>How the entries of Λ depend on θ at one point, for layouts in which some terms have parameters of their own.</summary>
[<NoComparison; ReferenceEquality>]
type internal FactorChain = {
    Layout: ThetaLayout
    /// λ of each term that has a form, with its derivatives by the term's own parameters; empty for the others.
    Factors: Jet[][]
    /// ∂(entries of each term)/∂(its parameters), entries×parameters by columns; empty where they are the same.
    Jacobians: float[][]
}

[<RequireQualifiedAccess>]
module internal FactorChain =

    /// The chain at a θ.
    let create (layout: ThetaLayout) (theta: ImmutableArray<float>) : FactorChain =
        let factors =
            layout.Forms
            |> Array.mapi (fun t form ->
                match form with
                | None -> [||]
                | Some form -> form.Factor(Jet.variables (ThetaLayout.parametersOf layout theta t)))

        let jacobian t (form: EffectsForm option) =
            match form with
            | None -> [||]
            | Some form ->
                let shape = layout.Shapes[t]

                EffectsForm.derivatives form factors[t]
                |> Array.collect (fun lambda -> RelativeFactor.ofMatrix lambda shape)

        {
            Layout = layout
            Factors = factors
            Jacobians = layout.Forms |> Array.mapi jacobian
        }

    let private jacobianElement chain t entry parameter =
        let layout = chain.Layout

        match layout.Forms[t] with
        | None -> if entry = parameter then 1.0 else 0.0
        | Some _ -> chain.Jacobians[t].[entry + parameter * (layout.Starts[t + 1] - layout.Starts[t])]

    /// Derivatives by θ from derivatives by the entries.
    let gradient (chain: FactorChain) (byEntries: float[]) : float[] =
        let layout = chain.Layout
        let result: float[] = Array.zeroCreate layout.Parameters

        for t in 0 .. layout.Shapes.Length - 1 do
            for parameter in 0 .. layout.ParameterStarts[t + 1] - layout.ParameterStarts[t] - 1 do
                for entry in 0 .. layout.Starts[t + 1] - layout.Starts[t] - 1 do
                    let at = layout.ParameterStarts[t] + parameter

                    result[at] <-
                        result[at]
                        + byEntries[layout.Starts[t] + entry] * jacobianElement chain t entry parameter

        result

    /// JᵀMJ for a matrix over the entries.
    let congruence (chain: FactorChain) (byEntries: float[,]) : float[,] =
        let rows =
            Array.init (Array2D.length1 byEntries) (fun i -> gradient chain byEntries[i, *])

        let columns =
            Array.init chain.Layout.Parameters (fun l -> gradient chain (rows |> Array.map (fun row -> row[l])))

        Array2D.init chain.Layout.Parameters chain.Layout.Parameters (fun k l -> columns[l].[k])

    /// The part of a form's curvature that matters near a variance of zero and vanishes at an optimum: that of the one standard
    /// deviation which multiplies all the rest.
    let positivePart (form: EffectsForm) (curvature: float[]) : float[] =
        let kept: float[] = Array.zeroCreate curvature.Length

        match form.Deviations with
        | [| own |] ->
            let at = own + own * form.Names.Length
            kept[at] <- max 0.0 curvature[at]
        | _ -> ()

        kept

    /// ⟨D, ∂²G/∂θ_k∂θ_l⟩ of each term that has a form, with the place of its parameters: k×k by columns.
    let curvatures (chain: FactorChain) (d: float[][]) : (int * EffectsForm * float[]) list = [
        for t in 0 .. chain.Layout.Forms.Length - 1 do
            match chain.Layout.Forms[t] with
            | None -> ()
            | Some form -> chain.Layout.ParameterStarts[t], form, EffectsForm.curvature form chain.Factors[t] d[t]
    ]
