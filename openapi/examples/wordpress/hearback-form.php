<?php
/**
 * Plugin Name: Application form (Hearback)
 * Description: [hearback_form job="job_…"] shows a form whose applications are acknowledged, and answered to the end.
 *
 * In wp-config.php: define('HEARBACK_URL', 'https://jobs.example.com'); define('HEARBACK_KEY', 'sk_…');
 * The key stays on this server. Without a script; with one, the form of ../static-page survives a bad connection as well.
 */

if (!defined('ABSPATH')) {
    exit;
}

add_shortcode('hearback_form', 'hearback_form');
add_action('admin_post_hearback_apply', 'hearback_apply');
add_action('admin_post_nopriv_hearback_apply', 'hearback_apply');

function hearback_form($attributes)
{
    $job = isset($attributes['job']) ? $attributes['job'] : '';
    $error = isset($_GET['hearback_error']) ? '<p role="alert">' . esc_html(wp_unslash($_GET['hearback_error'])) . '</p>' : '';
    return $error . '
<form method="post" enctype="multipart/form-data" action="' . esc_url(admin_url('admin-post.php')) . '">
<input type="hidden" name="action" value="hearback_apply">
<input type="hidden" name="job" value="' . esc_attr($job) . '">
<input type="hidden" name="_idempotency_key" value="' . esc_attr(wp_generate_uuid4()) . '">
<p><label>Your name <input name="applicant_name" autocomplete="name" required></label></p>
<p><label>Your email address <input name="applicant_email" type="email" autocomplete="email" required></label></p>
<p><label>Your résumé <input name="resume" type="file"></label></p>
<div style="position:absolute;left:-100vw" aria-hidden="true"><label>Leave this empty <input name="_gotcha" tabindex="-1" autocomplete="off"></label></div>
<p><button type="submit">Apply</button></p>
</form>';
}

function hearback_apply()
{
    $typed = function ($field) {
        return isset($_POST[$field]) ? wp_unslash($_POST[$field]) : '';
    };
    // WordPress takes `name` in a form for the name of a page.
    $fields = array(
        'name' => $typed('applicant_name'),
        'email' => $typed('applicant_email'),
        '_gotcha' => $typed('_gotcha'),
        '_idempotency_key' => $typed('_idempotency_key'),
    );
    $boundary = bin2hex(random_bytes(16));
    $body = '';
    foreach ($fields as $name => $value) {
        $body .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n$value\r\n";
    }
    if (isset($_FILES['resume']) && $_FILES['resume']['error'] === UPLOAD_ERR_OK) {
        $file_name = str_replace(array('"', "\r", "\n"), '', $_FILES['resume']['name']);
        $body .= "--$boundary\r\nContent-Disposition: form-data; name=\"resume\"; filename=\"$file_name\"\r\n\r\n";
        $body .= file_get_contents($_FILES['resume']['tmp_name']) . "\r\n";
    }
    $answer = wp_remote_post(HEARBACK_URL . '/v1/jobs/' . rawurlencode($typed('job')) . '/applications', array(
        'timeout' => 30,
        'redirection' => 0,
        'headers' => array(
            'Authorization' => 'Bearer ' . HEARBACK_KEY,
            'Accept' => 'application/json',
            'Content-Type' => "multipart/form-data; boundary=$boundary",
        ),
        'body' => $body . "--$boundary--\r\n",
    ));
    if (!is_wp_error($answer) && wp_remote_retrieve_response_code($answer) === 201) {
        $receipt = json_decode(wp_remote_retrieve_body($answer), true);
        wp_redirect($receipt['status_url'], 303);
        exit;
    }
    // Nothing is lost by sending once more: the key in the form makes it the same application.
    $problem = is_wp_error($answer) ? null : json_decode(wp_remote_retrieve_body($answer), true);
    $message = isset($problem['errors']) ? $problem['detail'] : 'Your application could not be sent just now. Please send it again.';
    wp_safe_redirect(add_query_arg('hearback_error', rawurlencode($message), wp_get_referer()), 303);
    exit;
}
