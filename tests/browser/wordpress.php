<?php
// As much of WordPress as the plugin of the examples uses, so that its handler runs as it stands: wordpress.php PLUGIN URL KEY JOB NAME EMAIL FILE
[, $plugin, $url, $key, $job, $name, $email, $file] = $argv;
define('ABSPATH', __DIR__);
define('HEARBACK_URL', $url);
define('HEARBACK_KEY', $key);
$GLOBALS['actions'] = $GLOBALS['shortcodes'] = array();
function add_shortcode($tag, $function) { $GLOBALS['shortcodes'][$tag] = $function; }
function add_action($hook, $function) { $GLOBALS['actions'][$hook] = $function; }
function wp_unslash($value) { return stripslashes($value); }
function esc_html($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_attr($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_url($url) { return htmlspecialchars($url, ENT_QUOTES); }
function admin_url($path) { return "https://example.com/wp-admin/$path"; }
function wp_generate_uuid4() { return '6f1e0b2a-1111-4222-8333-944455566677'; }
function wp_get_referer() { return 'https://example.com/jobs'; }
function add_query_arg($name, $value, $url) { return "$url?$name=$value"; }
function is_wp_error($answer) { return $answer === false; }
function wp_remote_retrieve_response_code($answer) { return $answer['code']; }
function wp_remote_retrieve_body($answer) { return $answer['body']; }
function wp_redirect($url, $status) { echo "redirect $status $url\n"; }
function wp_safe_redirect($url, $status) { wp_redirect($url, $status); }
function wp_remote_post($url, $arguments) {
    $headers = array();
    foreach ($arguments['headers'] as $header => $value) { $headers[] = "$header: $value"; }
    $http = array('method' => 'POST', 'header' => $headers, 'content' => $arguments['body'], 'timeout' => $arguments['timeout'], 'ignore_errors' => true, 'follow_location' => 0);
    $body = file_get_contents($url, false, stream_context_create(array('http' => $http)));
    return $body === false ? false : array('code' => (int) explode(' ', $http_response_header[0])[1], 'body' => $body);
}
require $plugin;
$form = $GLOBALS['shortcodes']['hearback_form'](array('job' => $job));
preg_match('/name="_idempotency_key" value="([^"]+)"/', $form, $found) && strpos($form, "value=\"$job\"") or exit("the form is not whole\n");
$_POST = array('job' => $job, 'applicant_name' => addslashes($name), 'applicant_email' => $email, '_gotcha' => '', '_idempotency_key' => $found[1]);
$_FILES = array('resume' => array('name' => basename($file), 'tmp_name' => $file, 'error' => UPLOAD_ERR_OK));
$GLOBALS['actions']['admin_post_nopriv_hearback_apply']();
