namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Slopes of the mean with a covariate, averaged as marginal means are.</summary>
[<RequireQualifiedAccess>]
module MarginalTrends =

    // The steps of the formula for the derivative, as a share of the covariate's range.
    let private share = 1e-3

    /// <summary>Slopes: the change of the marginal mean with one unit of a covariate.</summary>
    /// <param name="options">Covariate values, weights and level; slopes stay on the scale of the model.</param>
    /// <param name="variable">The covariate, alone or inside functions, polynomials and splines.</param>
    /// <param name="spec">What the slopes are taken over; the covariate itself may be among them, at values of the
    /// options.</param>
    /// <param name="inference">The fit and the method for degrees of freedom.</param>
    /// <returns>The slopes, or: the covariate or other variables are not in the model.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; a value of a covariate is not
    /// finite.</exception>
    /// <remarks>Derivatives of X by differences of the fourth order, exact for polynomials up to the fourth
    /// degree.</remarks>
    let create
        (options: MarginalOptions)
        (variable: string)
        (spec: MarginalSpec)
        (inference: Inference)
        : Result<MarginalMeans, LmmError list> =
        MarginalOptions.check options
        let design = inference.Fit.Design

        let step () =
            let values = Selection(design.Schema.Frame, design.Rows).Numbers variable

            let range = Array.max values - Array.min values
            if range > 0.0 then share * range else share

        let derivative ordered =
            let h = step ()

            let at multiple =
                ReferenceGrid.columns design ordered (Some(variable, multiple * h))

            let near, nearOffset = at 1.0
            let before, beforeOffset = at -1.0
            let far, farOffset = at 2.0
            let farBefore, farBeforeOffset = at -2.0

            let slope (a: float[]) (b: float[]) (c: float[]) (d: float[]) =
                Array.init a.Length (fun k -> (8.0 * (a[k] - b[k]) - (c[k] - d[k])) / (12.0 * h))

            Array.init near.Length (fun j -> slope near[j] before[j] far[j] farBefore[j]),
            slope nearOffset beforeOffset farOffset farBeforeOffset

        let isCovariate (axis: GridAxis) =
            axis.Name = variable && axis.Codes.IsNone

        ReferenceGrid.axes design (MarginalOptions.settings options)
        |> Result.bind (fun axes ->
            if List.exists isCovariate axes then
                MarginalFunctions.create design options.Weights axes spec derivative
            else
                let covariates =
                    axes |> List.filter (fun axis -> axis.Codes.IsNone) |> List.map _.Name

                let near = Nearest.suggest covariates variable
                Error [ LmmError.NotInModel("covariate", variable, near, covariates) ])
        |> Result.map (fun functions ->
            let response = ExprText.deparse design.Spec.Response

            MarginalMeans.assemble $"the slope of {response} with {variable}" {
                Inference = inference
                Functions = functions
                Options = { options with OnResponse = false }
                Scale = None
            })
